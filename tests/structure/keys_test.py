"""Every key of a YAML file that the program reads stands in the reference of such files.

Usage: keys_test.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
REFERENCES = {
    "src/recipe/*.cpp": "docs/recipes.md",
    "src/image/*.cpp": "docs/sandbox.md",
    "src/app/build/matrix.cpp": "docs/user-guide.md",
    "src/verify/*.cpp": "docs/verify.md",
}


def keys_of_mappings(text):
    """Of each place that names all keys a mapping may have (yaml::Value::mapping)."""
    for keys in re.findall(r"\bmapping\(\s*\{([^}]*)\}", text):
        yield re.findall(r'"([\w-]+)"', keys)


def sections(page):
    """Of the second level, with all that is below."""
    return re.split(r"^## ", page, flags=re.M)[1:]


def missing_in(section, keys):
    """Keys that are neither the text of some code, by themselves or behind a mapping's name, nor before a colon."""
    return [key for key in keys if not re.search(rf"`(?:[\w-]+\.)?{key}`|(?<![\w-]){key}:\s", section)]


faults, count = [], 0
for sources, page in REFERENCES.items():
    parts = sections((top / page).read_text())
    found = 0
    for source in sorted(top.glob(sources)):
        for keys in keys_of_mappings(source.read_text()):
            found += 1
            # Keys of one mapping are explained in one section.
            best = min((missing_in(part, keys) for part in parts), key=len)
            if best:
                faults.append(f"{page}: no section has all keys of a mapping of {source.relative_to(top)} ({', '.join(keys)}):"
                              f" {', '.join(best)} missing")
    count += found
    if not found:
        faults.append(f"{sources}: no keys were found")
print("\n".join(faults) or f"{count} mappings")
sys.exit(bool(faults))
