"""Text leaves for standard output and standard error in few places only, which see to it that a terminal obeys nothing that
others wrote (util/terminal_text.hpp).

Usage: output_test.py SOURCE_DIR. Prints each offence as file:line and exits 1 if there is one.
"""
import pathlib
import re
import sys

PLACES = {"cli/output.cpp", "report/live.cpp", "report/terminal.cpp"}
PRINTS = re.compile(r"\bfmt::print\b|\bf?puts\(|\b[fvd]{0,2}printf\(|\bfwrite\(|\bstd::c(?:out|err|log)\b")


def offences(text):
    for number, line in enumerate(text.splitlines(), 1):
        if PRINTS.search(re.sub(r"//.*", "", line)):
            yield number


def main():
    assert list(offences('fmt::print("x");\nstd::fputs(a, stderr);\nstd::cout << 1;')) == [1, 2, 3]
    assert not list(offences('print("x"); // fmt::print throws\nwrite(text);\nsnprintf(a, 1, "x");'))
    source = pathlib.Path(sys.argv[1]) / "src"
    files = sorted(source.rglob("*.[ch]pp"))
    found = [f"{path}:{line}: prints; use cli/output.hpp" for path in files
             if str(path.relative_to(source)) not in PLACES for line in offences(path.read_text())]
    print("\n".join(found) if found else f"{len(PLACES)} files print")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
