"""Every hole that a patch of a recipe closes has an advisory of that package in advisories/, so that an audit knows it.

Usage: advisories_test.py SOURCE_DIRECTORY
"""
import json
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
HOLE = re.compile(r"CVE-\d{4}-\d{4,}")
faults = []
closed = 0
for recipe in sorted((top / "recipes").glob("*/recipe.yaml")):
    package = recipe.parent.name
    holes = set()
    text = recipe.read_text()
    for named in re.findall(r"fixes: \[([^]]*)\]", text): # over several lines, too
        holes |= set(HOLE.findall(named))
    for line in text.splitlines():
        patch = re.match(r"\s+(?:- |series: \[)(?:\{file: )?(?:\S*/)?(CVE-\d{4}-\d{4,})", line)
        if patch and "fixes:" not in line:
            holes.add(patch.group(1))
    closed += len(holes)
    faults += [f"{recipe.relative_to(top)}: advisories/{package}/{hole}.json is missing"
               for hole in sorted(holes) if not (top / "advisories" / package / f"{hole}.json").is_file()]
for file in sorted((top / "advisories").glob("**/*.json")):
    name = file.relative_to(top)
    advisory = json.loads(file.read_text())
    if advisory["id"] != file.stem:
        faults.append(f"{name}: its id is {advisory['id']}")
    if not (top / "recipes" / file.parent.name / "recipe.yaml").is_file():
        faults.append(f"{name}: there is no recipe {file.parent.name}")
    if [affected["package"]["name"] for affected in advisory["affected"]] != [file.parent.name]:
        faults.append(f"{name}: it is of another package")
    for key in ("schema_version", "modified", "summary", "references"):
        if not advisory.get(key):
            faults.append(f"{name}: no {key}")
if closed < 50:
    faults.append("recipes/: hardly any patches were found")
print("\n".join(faults) or f"{closed} holes that patches close")
sys.exit(bool(faults))
