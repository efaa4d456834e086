#!/usr/bin/env python3
"""Every #include between modules of src/ must follow an arrow of src/CMakeLists.txt (USES), those of the programs on top
of them, too; a program that is carried inside the tool includes its own files and those that it SHARES.

Usage: includes_test.py SOURCE_DIR. Prints each offence as file:line and exits 1 if there is one.
"""
import pathlib
import re
import sys

FORBIDDEN_NAMES = {"core", "common", "misc"}


def read_calls(cmake_text, function):
    """[(positional words, {keyword: words})] of the calls of a function."""
    text = re.sub(r"#.*", "", cmake_text)
    for call in re.finditer(rf"\b{function}\(([^)]*)\)", text):
        positional, keywords, target = [], {}, None
        for word in call.group(1).split():
            if word in ("USES", "LIBRARIES", "SHARES", "IN"):
                target = keywords.setdefault(word, [])
            else:
                (positional if target is None else target).append(word)
        yield positional, keywords


def read_modules(cmake_text):
    """{module: set of modules it may include}, from the sf_module() calls, in their order."""
    return {words[0]: set(more.get("USES", [])) for words, more in read_calls(cmake_text, "sf_module")}


def read_programs(cmake_text):
    """{directory: set of modules it may include} of the sf_program() calls."""
    return {words[1]: set(more.get("USES", [])) for words, more in read_calls(cmake_text, "sf_program")}


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s+"([^"]+)"', line):
            yield number, match.group(1)


def offences(source, modules):
    for path in sorted(source.rglob("*.[ch]pp")):
        module = path.parent.relative_to(source).as_posix()
        if module not in modules:
            continue
        for number, included in includes(path):
            other = included.rpartition("/")[0]
            if other and other != module and other not in modules[module]:
                yield f"{path}:{number}: {module} includes {other}, which is not among its USES"


def carried_offences(source, directory, shares):
    """Of a program that has no module: its own files, and what it shares with the module that carries it."""
    own = sorted((source / directory).glob("*.[ch]pp"))
    shared = [path for name in shares for path in (source / f"{name}.hpp", source / f"{name}.cpp") if path.exists()]
    for name in shares:
        if not (source / f"{name}.hpp").exists():
            yield f"src/CMakeLists.txt: {directory} SHARES {name}, and there is no such file"
    if not own:
        yield f"src/CMakeLists.txt: sf_carried_program({directory}), and there is no such directory"
    for path in own + shared:
        for number, included in includes(path):
            name = included.removesuffix(".hpp")
            if not name.startswith(f"{directory}/") and name not in shares:
                yield f"{path}:{number}: {directory} includes {included}, which is not among its SHARES"


def main():
    source = pathlib.Path(sys.argv[1]) / "src"
    text = (source / "CMakeLists.txt").read_text()
    modules, programs = read_modules(text), read_programs(text)
    carried = {words[0]: more.get("SHARES", []) for words, more in read_calls(text, "sf_carried_program")}
    found = []
    directories = {p.parent.relative_to(source).as_posix() for p in source.rglob("*.cpp")}
    for name in sorted(directories - set(modules) - set(programs) - set(carried)):
        found.append(f"src/{name}: a directory without sf_module(), sf_program() or sf_carried_program()")
    for name in sorted({part for name in modules for part in name.split("/")} & FORBIDDEN_NAMES):
        found.append(f"src/{name}: a name that says nothing")
    seen = set()
    for module, uses in (modules | programs).items():  # in file order: arrows point backwards only, so there is no ring
        for missing in sorted(uses - seen):
            found.append(f"src/CMakeLists.txt: {module} uses {missing}, which is not listed before it")
        seen.add(module)
    found.extend(offences(source, modules | programs))
    for directory, shares in carried.items():
        found.extend(carried_offences(source, directory, shares))
    print("\n".join(found) if found else f"{len(modules)} modules, {len(programs) + len(carried)} programs, "
          "every include follows an arrow")
    return 1 if found or len(modules) < 2 or not programs or not carried else 0


if __name__ == "__main__":
    sys.exit(main())
