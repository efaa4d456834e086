"""A command is known by its registration beside its code: no other source has a list of names.

Usage: commands_test.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

REGISTERED = re.compile(r"\bconst Registration \w+\(\{(.*?)\n\}\);", re.S)
FIELD = re.compile(r'\.(\w+) = (".*?"|\{.*?\}|[\w:]+)', re.S)

faults = []
commands = {}
places = {}
sources = {file: file.read_text() for file in sorted((pathlib.Path(sys.argv[1]) / "src/cli").glob("*.[ch]pp"))}
for file, text in sources.items():
    for registration in REGISTERED.findall(text):
        fields = dict(FIELD.findall(registration))
        path = fields["path"].strip('"')
        if fields["place"] in places:
            faults.append(f"{file}: '{path}' has the place of '{places[fields['place']]}' in --help")
        if "needs" not in fields:
            faults.append(f"{file}: '{path}' does not say what it needs")
        places[fields["place"]] = path
        commands[path] = file
for file, text in sources.items():
    words = re.findall(r'"([^"\n]*)"\s*(?=(,?))', re.sub(r"//.*", "", text))
    for (one, comma), (other, _) in zip(words, words[1:]):
        if comma and one in commands and other in commands and one != other:
            faults.append(f"{file}: has a list of commands ('{one}', '{other}'), which register themselves")
if len(commands) < 20:
    faults.append(f"src/cli: only {len(commands)} commands were found")
print("\n".join(faults) or f"{len(commands)} commands register themselves")
sys.exit(bool(faults))
