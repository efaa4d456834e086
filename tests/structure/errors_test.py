"""Every error code has its section in docs/errors.md and its line in docs/exit-codes.md, and nothing else has. Every message
that docs/errors.md quotes is one that the program has, and every one that the program makes with an error code is quoted.

Usage: errors_test.py SOURCE_DIRECTORY
"""
import errno
import os
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

# Words of other programs, which the program passes on.
FOREIGN = {
    "Permission denied (publickey)": "ssh",
    "attempt to write a readonly database": "SQLite",
    "timed out": "libcurl, ssh",
}
ERRNO = [os.strerror(number) for number in errno.errorcode]


def texts_of(source):
    """String literals, with those that stand one after the other joined, as the compiler does it."""
    source = re.sub(r"^\s*#.*$|//[^\n\"]*$", "", source, flags=re.M)
    source = re.sub(r"""'(?:\\.|[^'\\])'""", "", source)
    for raw, usual in re.findall(r'R"(?:\w*)\((.*?)\)\w*"|((?:"(?:[^"\\\n]|\\.)*"\s*)+)', source, re.S):
        text = raw or "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', usual))
        yield text.replace("\\n", " ").replace('\\"', '"').replace("{{", "{").replace("}}", "}")


def quoted_messages(page):
    """The code in the first cells of tables of messages, and before it the line's number."""
    is_message = False
    for number, line in enumerate(page.splitlines(), 1):
        if not line.startswith("|"):
            is_message = False
        elif line.startswith("| message |"):
            is_message = True
        elif is_message:
            yield from ((number, code) for code in re.findall(r"`([^`]+)`", line.split(" | ")[0]))


def is_known(message):
    """Whether one text of the program has all of it, with anything for `...`."""
    if message in FOREIGN or message in ERRNO:
        return True
    for words in ERRNO:
        message = message.removesuffix(": " + words)
    wanted = re.compile(".*?".join(re.escape(part) for part in message.split("...")))
    return any(wanted.search(text) for text in texts)


texts = {text for file in top.glob("src/**/*.[ch]pp") for text in texts_of(file.read_text())}
texts |= {file.read_text() for file in top.glob("src/**/*.sh")}
messages = [(number, code) for number, code in quoted_messages(catalogue) if not code.startswith("--")]
faults += [f"docs/errors.md:{number}: the program never says '{message}'"
           for number, message in messages if not is_known(message)]
faults += [f"docs/errors.md does not quote '{words}'" for words in FOREIGN if f"`{words}`" not in catalogue]

MAKES_ERROR = re.compile(r'(?:\bfail|Error)\s*[({]\s*(?:util::)?ErrorCode::\w+,\s*(?:fmt::format\(\s*)?'
                         r'((?:"(?:[^"\\]|\\.)*"\s*)+|R"\w*\(.*?\)\w*")', re.S)
made = {text for file in top.glob("src/**/*.[ch]pp") for literal in MAKES_ERROR.findall(file.read_text())
        for text in texts_of(literal)}
quoted = [(len(code.replace("...", "")), re.compile(".*?".join(re.escape(part) for part in code.split("..."))))
          for _, code in quoted_messages(catalogue)]
for text in sorted(made):
    fixed = re.sub(r"\{[^}]*\}", "", text)
    of_words = len(re.findall("[a-z]{2,}", fixed)) > 1  # else all of it comes from elsewhere
    # `there is no ...` is not to stand for everything that is not there.
    if of_words and not any(message.search(text) and (2 * length >= len(fixed) or length >= 14) for length, message in quoted):
        faults.append(f"docs/errors.md: nothing is said of '{text}'")
if len(made) < 100:
    faults.append(f"src: only {len(made)} messages were found")
if len(messages) < 100:
    faults.append(f"docs/errors.md: only {len(messages)} messages were found")
print("\n".join(faults) or f"{len(codes)} error codes, {len(messages)} messages")
sys.exit(bool(faults))
