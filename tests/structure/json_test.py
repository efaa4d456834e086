#!/usr/bin/env python3
"""JSON is read by src/json alone, which bounds its depth and size: nothing else may call nlohmann's parser.

Usage: json_test.py SOURCE_DIR. Prints each offence as file:line and exits 1 if there is one.
"""
import pathlib
import re
import sys

PARSER = re.compile(
    r"\b(?:nlohmann::)?(?:basic_json|ordered_json|json)(?:<[^>]*>)?::(?:parse|accept|sax_parse|from_\w+)\b"
    r"|\b_json\b|\bjson_sax\w*|>>\s*\w*[jJ]son\b"
)
ALIAS = re.compile(r"\busing\s+(\w+)\s*=\s*nlohmann::")


def offences(source):
    texts = {path: path.read_text() for path in sorted(source.glob("*/**/*.[ch]pp"))}
    aliases = {name for text in texts.values() for name in ALIAS.findall(text)}
    by_alias = re.compile(rf"\b(?:{'|'.join(sorted(aliases))})::(?:parse|accept|sax_parse|from_\w+)\b")
    for path, text in texts.items():
        if path.parent.name == "json":
            continue
        for number, line in enumerate(text.splitlines(), 1):
            code = line.split("//", 1)[0]
            if PARSER.search(code) or by_alias.search(code):
                yield f"{path}:{number}: reads JSON without bounds; json::read() of src/json has them"


def main():
    source = pathlib.Path(sys.argv[1]) / "src"
    found = list(offences(source))
    reader = source / "json" / "json.cpp"
    if not reader.exists() or "::parse(" not in reader.read_text():
        found.append("src/json/json.cpp: no longer where JSON is read; this test looks at nothing")
    print("\n".join(found) if found else "JSON is read in src/json alone")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
