"""The documentation fits the program: links lead somewhere, and commands and options in code are known to it.

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


@functools.lru_cache(None)
def global_options():
    """Of the program: whether each takes a value."""
    found = re.findall(r"^  (?:(-\w),)?(--[\w-]+)( [A-Z]+\b)?", help_of(()), re.M)
    return {name: bool(value) for short, long, value in found for name in (short, long) if name}


def without_global_options(words):
    """What is left of a command line when those before the command are taken away."""
    while words and words[0].partition("=")[0] in global_options():
        takes_value = global_options()[words[0].partition("=")[0]] and "=" not in words[0]
        if words[0] in ("--help", "--version"):
            break
        words = words[2 if takes_value else 1:]
    return words


def check_command(page, line):
    words = without_global_options(line[1:])
    command = ()
    while words and words[0] in commands_below(command):
        command, words = (*command, words[0]), words[1:]
    needs_one = commands_below(command) and "[SUBCOMMAND]" not in help_of(command)
    if needs_one and not any(word in ("--help", "--version") for word in words) and \
            not (words and (words[0].isupper() or words[0] == "...")):
        faults.append(f"{page.relative_to(top)}: no such command: {shlex.join(line)}")
        return
    known = help_of(()) + help_of(command)
    for word in line[1:]:
        option = word.partition("=")[0]
        if option.startswith("--") and len(option) > 2 and not re.search(rf"(?<![\w-]){option}(?![\w-])", known):
            faults.append(f"{page.relative_to(top)}: unknown option {option}: {shlex.join(line)}")


def check_shell(page, line):
    """The commands of one line for a shell."""
    count = 0
    for part in re.split(r"\||&&|;|<\(|\$\(", line):
        try:
            words = shlex.split(part.rstrip(")"), comments=True)
        except ValueError:
            continue
        while words and (words[0] in ("$", "sudo", "#") or re.match(r"\w+=", words[0])):
            words = words[1:]
        # `slurm-factory` by itself is the program's name.
        if len(words) > 1 and words[0].rpartition("/")[2] == "slurm-factory":
            count += 1
            check_command(page, [word for word in words if word not in (">", ">>")])
    return count


def check_blocks(page):
    blocks = re.findall(r"^```(?:sh|console|bash)\n(.*?)^```", page.read_text(), re.M | re.S)
    return sum(check_shell(page, line) for block in blocks for line in block.replace("\\\n", " ").splitlines())


def check_text(page):
    """Commands in the text and in tables."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    return sum(check_shell(page, code.replace("\n", " "))
               for paragraph in text.split("\n\n") for code in re.findall(r"`([^`]+)`", paragraph))


links = sum(check_links(page) for page in pages)
commands = sum(check_blocks(page) for page in pages)
inline = sum(check_text(page) for page in pages)
if links < 20 or commands < 40 or inline < 40:
    faults.append(f"only {links} links, {commands} commands in blocks and {inline} in the text were found")
print("\n".join(faults) or f"{links} links, {commands} commands in blocks and {inline} in the text of {len(pages)} pages")
sys.exit(bool(faults))
