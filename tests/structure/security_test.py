"""Every row of the table in docs/security.md names tests that hold it, and these exist: files of tests/, and tests of
GoogleTest as SUITE.NAME. So do the files of tests/ that the other documents name.

Usage: security_test.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
known = {f"{suite}.{name}" for file in (top / "tests/unit").glob("*/*.cpp")
         for suite, name in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", file.read_text(), re.M)}
known |= {f"tests/{file.relative_to(top / 'tests')}" for file in (top / "tests").rglob("*") if file.is_file()}
page = (top / "docs/security.md").read_text()
rows = [line.strip("|").split(" | ") for line in page.splitlines() if line.startswith("| ")]

faults = []
for party, *_, held in rows[1:]:
    tests = re.findall(r"`([^`]+)`", held)
    if not tests:
        faults.append(f"docs/security.md: no test holds the row of '{party.strip()}'")
    faults += [f"docs/security.md: there is no test '{test}'" for test in tests if test not in known]
if len(rows) < 5:
    faults.append("docs/security.md: no table found")
for file in sorted((top / "docs").glob("*.md")):
    named = re.findall(r"\btests/[\w/.-]+\.(?:sh|cpp|py)\b", file.read_text())
    faults += [f"{file.relative_to(top)}: there is no {name}" for name in named if name not in known and "NAME" not in name]
print("\n".join(faults) or f"{len(rows) - 1} parties, {len(known)} tests")
sys.exit(bool(faults))
