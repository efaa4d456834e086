#!/bin/bash
# hardening_build.sh TOOL [ROUNDS [OPTION...]]: the CPU seconds that packages take to build at each hardening level.
#
# Each round builds all packages once at each level, without compiler cache, and another level comes first in each. The
# options say what is built, a minimal Slurm 24.11 by default. Only what runs in the sandboxes counts (cpu_seconds of the
# events), not the tool. Base image and sources are there, the store is empty for each run. $SF_BENCH_ROOT names a root
# whose image and sources may be used; its layers, builds and config.yaml are lost. ROOT/builds/LEVEL keeps the last
# bundle of each level. Needs root.
set -euo pipefail
tool=$1 rounds=${2:-3}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- --slurm-version 24.11 --minimal
lab=$(mktemp -d "${TMPDIR:-/tmp}/sf-hardening.XXXXXX")
trap 'rm -rf "$lab"' EXIT
root=${SF_BENCH_ROOT:-$lab/root}
levels=(none default strict)

request=("$@" --root "$root" --quiet)
mkdir -p "$root"
echo "levers: {ccache: false}" >"$root/config.yaml"

build() { # LEVEL EVENTS
    rm -rf "$root/layers" "$root/builds/$1"
    "$tool" build "${request[@]}" --hardening "$1" --output "$root/builds/$1" --events "$2" >/dev/null
    python3 - "$1" "$2" <<'END'
import json
import sys

built = [event for event in map(json.loads, open(sys.argv[2])) if event["event"] == "package_built"]
cpu = {event["package"]: event["cpu_seconds"] for event in built}
print(f"{sys.argv[1]:8} {sum(cpu.values()):7.2f} ", " ".join(f"{name} {cpu[name]:.2f}" for name in sorted(cpu)))
END
}
build none "$lab/first" >/dev/null # makes the image and fetches the sources
echo "level, CPU s of all packages, of each"
for ((round = 0; round < rounds; round++)); do
    for ((i = 0; i < 3; i++)); do
        level=${levels[(round + i) % 3]}
        build "$level" "$lab/events" | tee -a "$lab/results"
    done
done
rm -f "$root/config.yaml"
python3 - "$lab/results" <<'END'
import statistics
import sys

runs = [line.split() for line in open(sys.argv[1])]
sums = {level: [float(run[1]) for run in runs if run[0] == level] for level in ("none", "default", "strict")}
for level, of_level in sums.items():
    ratio = statistics.median(of_level) / statistics.median(sums["none"])
    print(f"{level}: median {statistics.median(of_level):.2f} ({min(of_level):.2f} to {max(of_level):.2f}),",
          f"ratio to none {ratio:.4f}")
END
