"""Every error code has its section in docs/errors.md and its line in docs/exit-codes.md, and nothing else has.

Usage: errors_test.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
enum = re.search(r"enum class ErrorCode : int \{(.*?)\};", (top / "src/util/error.hpp").read_text(), re.S).group(1)
codes = {(int(value), name) for name, value in re.findall(r"^\s*(\w+) = (\d+),", enum, re.M)}
catalogue = (top / "docs/errors.md").read_text()
sections = {(int(value), name) for value, name in re.findall(r"^## (\d+) (\w+)$", catalogue, re.M)}
listed = {int(value) for value in re.findall(r"^\| (\d+) \|", (top / "docs/exit-codes.md").read_text(), re.M)} - {0}

faults = []
if len(codes) < 2:
    faults.append("src/util/error.hpp: no error codes found")
faults += [f"docs/errors.md: no section '## {value} {name}'" for value, name in sorted(codes - sections)]
faults += [f"docs/errors.md: '{value} {name}' is no error code" for value, name in sorted(sections - codes)]
values = {value for value, name in codes}
faults += [f"docs/exit-codes.md: {value} is missing, or no error code" for value in sorted(values ^ listed)]
for name, body in zip(re.findall(r"^## (.*)$", catalogue, re.M), re.split(r"^## .*$", catalogue, flags=re.M)[1:]):
    if len(body.split()) < 8:
        faults.append(f"docs/errors.md: nothing is said of {name}")
print("\n".join(faults) or f"{len(codes)} error codes")
sys.exit(bool(faults))
