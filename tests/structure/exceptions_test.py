#!/usr/bin/env python3
"""src/ uses nothing of std::filesystem that throws: errors are values, and many of its calls run in destructors and threads.

Usage: exceptions_test.py SOURCE_DIR. Prints each offence as file:line and exits 1 if there is one.

- directory_iterator throws when it is advanced: util/files/directory.hpp lists directories.
- Functions that ask the system throw unless their last argument is a std::error_code.
"""
import pathlib
import re
import sys

ITERATOR = re.compile(r"\b(?:recursive_)?directory_iterator\b")
CALL = re.compile(
    r"\b(?:fs|stdfs|filesystem)::(?P<name>absolute|canonical|copy|copy_file|copy_symlink|create_\w+|current_path"
    r"|equivalent|exists|file_size|hard_link_count|is_\w+|last_write_time|permissions|proximate|read_symlink|relative"
    r"|remove|remove_all|rename|resize_file|space|status|symlink_status|temp_directory_path|weakly_canonical)\(")
# How the code calls its std::error_code, and what it calls a file_status, of which the questions never throw.
ERROR_CODE = re.compile(r"(?:error|ignored|missing|not_made|code|ec)$")
STATUS = re.compile(r"(?:^|\.|::)(?:symlink_)?status(?:\(.*\))?$", re.S)


def arguments(text, start):
    """The arguments of the call whose parenthesis was opened just before start."""
    found, depth, begin = [], 0, start
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}" and depth > 0:
            depth -= 1
        elif text[at] == ")" or (text[at] == "," and depth == 0):
            found.append(text[begin:at].strip())
            begin = at + 1
            if text[at] == ")":
                return found
    return found


def offences(text):
    text = re.sub(r"//[^\n]*", "", text)
    for match in ITERATOR.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, f"{match[0]} throws; use util/files/directory.hpp"
    for match in CALL.finditer(text):
        given = arguments(text, match.end())
        about_status = match["name"].startswith(("is_", "exists")) and len(given) == 1 and STATUS.search(given[0])
        if not about_status and not ERROR_CODE.search(given[-1]):
            line = text.count("\n", 0, match.start()) + 1
            yield line, f"filesystem::{match['name']}() without a std::error_code throws"


def self_test():
    bad = ["for (auto& e : stdfs::directory_iterator(p, error))", "fs::exists(p)", "fs::file_size(a /\n b)",
           "stdfs::is_directory(place(status) / x)", "fs::temp_directory_path()", "std::filesystem::absolute(p).string()"]
    good = ["fs::exists(p, error)", "fs::is_directory(fs::symlink_status(p, error))", "fs::is_regular_file(status)",
            "// directory_iterator throws", "fs::copy_file(a, b, fs::copy_options::none, error)"]
    assert all(list(offences(text)) for text in bad), "an offence was not seen"
    assert not any(list(offences(text)) for text in good), "an offence was seen where there is none"


def main():
    self_test()
    source = pathlib.Path(sys.argv[1]) / "src"
    files = sorted(source.rglob("*.[ch]pp"))
    found = [f"{path}:{line}: {what}" for path in files for line, what in offences(path.read_text())]
    print("\n".join(found) if found else f"{len(files)} files, nothing of std::filesystem that throws")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
