"""The documentation fits the program: links lead somewhere, and commands and options in code blocks are known to it.

Usage: docs_test.py SOURCE_DIRECTORY PROGRAM
"""
import functools
import pathlib
import re
import shlex
import subprocess
import sys

top = pathlib.Path(sys.argv[1])
program = sys.argv[2]
pages = sorted(top.glob("docs/*.md")) + [top / "README.md"] + sorted(top.glob("bench/*.md"))
faults = []


def anchors(page):
    """Of headings, as GitHub makes them: lower case, no punctuation, hyphens for blanks, numbers for repeats."""
    seen = {}
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = seen[name] = seen.get(name, -1) + 1
        yield f"{name}-{number}" if number else name


def check_links(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    text = re.sub(r"`[^`\n]*`", "", text)
    count = 0
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        count += 1
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            faults.append(f"{page.relative_to(top)}: there is no {target}")
        elif anchor and anchor not in anchors(file):
            faults.append(f"{page.relative_to(top)}: there is no heading for {target}")
    return count


@functools.lru_cache(None)
def help_of(words):
    return subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=False).stdout


@functools.lru_cache(None)
def commands_below(words):
    section = help_of(words).partition("Subcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z]+)", section, re.M)


def check_command(page, line):
    words = line[1:]
    command = ()
    while words and words[0] in commands_below(command):
        command, words = (*command, words[0]), words[1:]
    needs_one = commands_below(command) and "[SUBCOMMAND]" not in help_of(command)
    if needs_one and not any(word in ("--help", "--version") for word in words) and \
            not (words and (words[0].isupper() or words[0] == "...")):
        faults.append(f"{page.relative_to(top)}: no such command: {shlex.join(line)}")
        return
    known = help_of(()) + help_of(command)
    for word in words:
        option = word.partition("=")[0]
        if option.startswith("--") and len(option) > 2 and not re.search(rf"(?<![\w-]){option}(?![\w-])", known):
            faults.append(f"{page.relative_to(top)}: unknown option {option}: {shlex.join(line)}")


def check_commands(page):
    count = 0
    for block in re.findall(r"^```(?:sh|console|bash)\n(.*?)^```", page.read_text(), re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"\||&&|;|<\(|\$\(", line):
                try:
                    words = shlex.split(part.rstrip(")"), comments=True)
                except ValueError:
                    continue
                while words and (words[0] in ("$", "sudo", "#") or re.match(r"\w+=", words[0])):
                    words = words[1:]
                if words and words[0].rpartition("/")[2] == "slurm-factory":
                    count += 1
                    check_command(page, [word for word in words if word not in (">", ">>")])
    return count


links = sum(check_links(page) for page in pages)
commands = sum(check_commands(page) for page in pages)
if links < 20 or commands < 40:
    faults.append(f"only {links} links and {commands} commands were found")
print("\n".join(faults) or f"{links} links and {commands} commands in {len(pages)} pages")
sys.exit(bool(faults))
