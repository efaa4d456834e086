#!/bin/bash
# second_version.sh TOOL [VERSION]: another version of Slurm (22.05) where the dependencies are built already: the whole
# command's wall time against that of Slurm's own configure and compile in it.
#
# Wants the default Slurm built in its root; the other version's package is built in a copy of that root, by hard links.
set -euo pipefail
tool=$1 version=${2:-22.05.8}
root=${SLURM_FACTORY_ROOT:-$HOME/.slurm-factory}
lab=$(mktemp -d "$(dirname "$root")/sf-second.XXXXXX")
trap 'rm -rf "$lab"' EXIT
cp -al "$root/images" "$root/layers" "$lab/"
mkdir "$lab/cache"
cp -al "$root/cache/sources" "$lab/cache/"
cp "$root"/state.db* "$lab/"
"$tool" build --slurm-version 24.11 --root "$lab" --quiet >/dev/null
# Should it have been built before: as if not.
slurm=$("$tool" explain slurm "slurm@=$version" --root "$lab" --format json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])')
python3 - "$lab/state.db" "$slurm" <<'P'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("DELETE FROM actions WHERE key = ?", (sys.argv[2],))
P
start=$(date +%s%N)
"$tool" build --slurm-version "$version" --root "$lab" --quiet --events "$lab/events" >/dev/null
wall=$((($(date +%s%N) - start) / 1000000))
python3 - "$lab/events" "$wall" <<'P'
import json, sys
built = [e for e in map(json.loads, open(sys.argv[1])) if e.get("event") == "package_built"]
own = sum(e["wall_seconds"] for e in built)
print("built:", ", ".join(e["package"] for e in built))
print(f"whole command {int(sys.argv[2]) / 1000:.1f} s, Slurm's own build {own:.1f} s, ratio {int(sys.argv[2]) / 1000 / own:.3f}")
P
