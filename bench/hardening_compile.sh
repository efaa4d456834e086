#!/bin/bash
# hardening_compile.sh TOOL ARCHIVE [ROUNDS]: the CPU seconds that the compiler takes for Slurm's C files at each
# hardening level. ARCHIVE is Slurm's, such as one of ROOT/cache/sources. The host's own GCC compiles, with the very specs
# that packages are built with, every other file of src/common and two large ones of slurmctld.
#
# The levels take turns file by file, so the ratios mean something on a machine with other load, where whole builds
# (hardening_build.sh) differ by more than is measured. "control" is level none once more: how far its ratio is from 1
# says how much the others are worth. Needs GCC 12 and what Slurm's configure wants.
set -euo pipefail
tool=$1 archive=$(realpath "$2") rounds=${3:-3}
lab=$(mktemp -d "${TMPDIR:-/tmp}/sf-compile.XXXXXX")
trap 'rm -rf "$lab"' EXIT
mkdir "$lab/slurm" "$lab/none" "$lab/control"
tar -x -f "$archive" --strip-components=1 -C "$lab/slurm"
(cd "$lab/slurm" && ./configure --disable-slurmrestd --without-munge >"$lab/configure.log" 2>&1)
for level in default strict; do
    specs=$lab/$level/$(gcc -dumpmachine)/$(gcc -dumpversion)
    mkdir -p "$specs"
    gcc -dumpspecs >"$specs/specs"
    "$tool" plan slurm@24.11 --minimal --hardening "$level" --format sh --root "$lab/root" 2>/dev/null |
        sed -n "/^cat > .*compiler.added/,/^END/p" | sed -e 1d -e '/^END/,$d' >"$lab/added"
    grep -q fstack-protector "$lab/added"
    cat "$lab/added" >>"$specs/specs"
done
python3 - "$lab" "$rounds" <<'END'
import glob
import os
import resource
import statistics
import subprocess
import sys

lab, rounds = sys.argv[1], int(sys.argv[2])
os.chdir(lab + "/slurm/src/common")
files = sorted(glob.glob("*.c"))[::2] + ["../slurmctld/job_mgr.c", "../slurmctld/node_mgr.c"]
levels = ["none", "default", "control", "strict"]
flags = "-DHAVE_CONFIG_H -I. -I../.. -I../../slurm -O2 -pipe -ffunction-sections -fdata-sections -pthread -fPIC".split()


def seconds(file, level):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["gcc", *flags, "-c", file, "-o", lab + "/object"],
                          env={**os.environ, "LIBRARY_PATH": f"{lab}/{level}"}, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took if done.returncode == 0 else None


taken = {level: [] for level in levels}
for turn in range(rounds):
    for number, file in enumerate(files):
        first = (turn + number) % len(levels)
        of_file = {level: seconds(file, level) for level in levels[first:] + levels[:first]}
        if None not in of_file.values():  # some want a library that this host lacks
            for level in levels:
                taken[level].append(of_file[level])
for level in levels:
    pairs = [mine / none for mine, none in zip(taken[level], taken["none"])]
    print(f"{level:8} {len(pairs)} compilations, {sum(taken[level]):.2f} CPU s, ratio of the sums to none",
          f"{sum(taken[level]) / sum(taken['none']):.4f}, median of the ratios {statistics.median(pairs):.4f}")
END
