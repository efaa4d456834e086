#!/usr/bin/env python3
"""Only `app` and the modules above it name options of the program in hints: modules below give an error's reason
(src/util/reason.hpp), and app/session/advice.cpp makes the hint. No code decides by the text of an error.

Usage: hints_test.py SOURCE_DIRECTORY. Prints each offence as file:line and exits 1 if there is one.
"""
import pathlib
import re
import sys

ABOVE = {"app", "cli", "doctor"}
LITERALS = re.compile(r'R"\w*\(.*?\)\w*"|(?:"(?:[^"\\\n]|\\.)*"\s*)+', re.S)
# A message may name the option that was wrong.
MESSAGE = re.compile(r"ErrorCode::\w+,\s*(?:fmt::format\(\s*)?$")
OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])(?![\w-]|=\{)")
# Cutting off the first line is no decision.
BY_WORDS = re.compile(r"\b(?:message|hint)\s*(?:\.(?:find|starts_with|ends_with|contains)\((?!'\\n')|[!=]= (?!'|nullptr))")
# 'gpg --export' is an option of gpg.
QUOTED_COMMAND = re.compile(r"'(?!slurm-factory )[\w.{}-]+ [^']*'|\([a-z-]+ [^()]*--[^()]*\)")


def literals(text):
    """(line, what stands before, text) of each string, with those that follow one another joined."""
    text = re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*', lambda match: match[1] or "", text)
    text = re.sub(r"""'(?:"|\\.)'""", "''", text)
    for match in LITERALS.finditer(text):
        parts = re.findall(r'"((?:[^"\\\n]|\\.)*)"', match[0])
        yield text.count("\n", 0, match.start()) + 1, text[:match.start()], "".join(parts)


def own_options(source):
    """The options that cli declares: strings that consist of an option."""
    declared = re.compile(r"(?:-\w,)?(--[a-z][a-z-]*)")
    return {match[1][2:] for module in ("cli", "site") for file in (source / module).rglob("*.[ch]pp")
            for _, _, text in literals(file.read_text()) if (match := declared.fullmatch(text.split(" ")[0]))
            and (" " not in text)}


def offences(text, options):
    for line, before, literal in literals(text):
        if " " not in literal or MESSAGE.search(before):
            continue
        for name in OPTION.findall(QUOTED_COMMAND.sub("", literal)):
            if name in options:
                yield line, name


def decisions(text):
    """Lines where code compares the text of an error."""
    for number, line in enumerate(re.sub(r"//[^\n]*", "", text).splitlines(), 1):
        if BY_WORDS.search(line):
            yield number


def self_test():
    options = {"root", "jobs"}
    bad = ['return "choose another --root";', 'fail(ErrorCode::usage, "no", "give" " --root")', 'Sign{"x", "fewer (--jobs)"}']
    good = ['argv = {"crun", "--root", root}', "// choose another --root", "\"'gpg --jobs' shows\"",
            'fail(ErrorCode::usage, "--jobs is no number")', '"run it (apt-get --root x)"', '"go --rooty"']
    assert all(list(offences(text, options)) for text in bad), "an offence was not seen"
    assert not any(list(offences(text, options)) for text in good), "an offence was seen where there is none"
    bad = ["found.error().message.starts_with(mismatch)", 'if (error.message == "no")', 'error.hint.find("root") != npos']
    good = ["error.message.find('\\n')", 'error.message += "x"', "error.message = text", "error.hint.empty()"]
    assert all(list(decisions(text)) for text in bad), "a decision was not seen"
    assert not any(list(decisions(text)) for text in good), "a decision was seen where there is none"


def main():
    self_test()
    source = pathlib.Path(sys.argv[1]) / "src"
    options = own_options(source)
    faults = [f"{file}:{line}: a hint below app names --{name}; give a util::Reason, and let app/session/advice.cpp say it"
              for file in sorted(source.rglob("*.[ch]pp")) if file.relative_to(source).parts[0] not in ABOVE
              for line, name in offences(file.read_text(), options)]
    faults += [f"{file}:{line}: decides by the words of an error; give it a util::Reason"
               for file in sorted(source.rglob("*.[ch]pp")) for line in decisions(file.read_text())]
    if not {"root", "jobs", "offline", "mirror", "glibc"} <= options:
        faults.append(f"src/cli: only {len(options)} options were found")
    print("\n".join(faults) or f"{len(options)} options, none in a hint below app")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
