#!/usr/bin/env python3
"""Every #include between modules of src/ must follow an arrow of src/CMakeLists.txt (USES).

Usage: includes_test.py SOURCE_DIR. Prints each offence as file:line and exits 1 if there is one.
"""
import pathlib
import re
import sys

FORBIDDEN_NAMES = {"core", "common", "misc"}


def read_modules(cmake_text):
    """{module: set of modules it may include}, from the sf_module() calls, in their order."""
    text = re.sub(r"#.*", "", cmake_text)
    modules = {}
    for call in re.finditer(r"sf_module\(([^)]*)\)", text):
        words = call.group(1).split()
        uses, target = set(), None
        for word in words[1:]:
            if word in ("USES", "LIBRARIES"):
                target = word
            elif target == "USES":
                uses.add(word)
        modules[words[0]] = uses
    return modules


def offences(source, modules):
    for path in sorted(source.rglob("*.[ch]pp")):
        module = path.parent.relative_to(source).as_posix()
        # The program on top may use app, report and whatever their headers show; sandbox/init is a program of its own.
        if module == "cli" or module not in modules:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)/[^/"]+"', line)
            if match and match.group(1) != module and match.group(1) not in modules[module]:
                yield f"{path}:{number}: {module} includes {match.group(1)}, which is not among its USES"


def main():
    source = pathlib.Path(sys.argv[1]) / "src"
    modules = read_modules((source / "CMakeLists.txt").read_text())
    found = []
    directories = {p.parent.relative_to(source).as_posix() for p in source.rglob("*.cpp")} - {"cli", "sandbox/init"}
    for name in sorted(directories - set(modules)):
        found.append(f"src/{name}: a directory without sf_module()")
    for name in sorted({part for name in modules for part in name.split("/")} & FORBIDDEN_NAMES):
        found.append(f"src/{name}: a name that says nothing")
    seen = set()
    for module, uses in modules.items():  # in file order: arrows point backwards only, so there is no ring
        for missing in sorted(uses - seen):
            found.append(f"src/CMakeLists.txt: {module} uses {missing}, which is not listed before it")
        seen.add(module)
    found.extend(offences(source, modules))
    print("\n".join(found) if found else f"{len(modules)} modules, every include follows an arrow")
    return 1 if found or len(modules) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
