"""docs/report.md has every event and every field of the stream that tests hold the program to.

Usage: events_test.py SOURCE_DIRECTORY
"""
import json
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
page = (top / "docs/report.md").read_text().partition("## The events\n")[2]
rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.M))
# The first line of the stream, and what every line has, are in the text above the table.
rows["stream"] = page.partition("\n|")[0]
faults = []


def fields_of(value):
    """Names of fields, those of objects in lists included."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from fields_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from fields_of(inner)


fields = {}
for line in (top / "tests/golden/report/events.jsonl").read_text().splitlines():
    event = json.loads(line)
    fields.setdefault(event.pop("event"), set()).update(fields_of(event))
for event, names in sorted(fields.items()):
    if event not in rows:
        faults.append(f"docs/report.md: no row for the event '{event}'")
        continue
    faults += [f"docs/report.md: the row of '{event}' has no field '{name}'"
               for name in sorted(names) if not re.search(rf'[`"]{name}[`"]', rows[event])]
faults += [f"docs/report.md: there is no event '{event}'" for event in sorted(rows.keys() - fields.keys())]
if len(fields) < 10:
    faults.append("tests/golden/report/events.jsonl: hardly any events were found")
print("\n".join(faults) or f"{len(fields)} events")
sys.exit(bool(faults))
