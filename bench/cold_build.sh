#!/bin/bash
# cold_build.sh TOOL [PAIRS [OPTION...]]: a cold build against the plain serial script of the same plan, in the same base
# image. The options say what is built, --minimal by default: "cold_build.sh TOOL 1 --" is the default Slurm.
#
# Base image and sources are there for both; the store is empty for each run. Runs alternate, and each pair gives a
# ratio. The plain script (slurm-factory plan --format sh) runs in a chroot on an overlay over the image, on disk, with
# make -jN for all cores. Prints one line per run and the ratios. Needs root and about 5 GiB. $SF_BENCH_ROOT names a root
# directory whose image and sources may be used; the layers and builds in it are lost.
set -euo pipefail
tool=$1 pairs=${2:-3}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- --minimal
[ "$1" != -- ] || shift
lab=$(mktemp -d "${TMPDIR:-/tmp}/sf-bench.XXXXXX")
trap 'rm -rf "$lab"' EXIT
root=${SF_BENCH_ROOT:-$lab/root}
request=(--slurm-version 24.11 "$@" --root "$root" --quiet)

now() { date +%s.%N; }
# cpu seconds of all waited-for children so far; times must be asked in this very shell
children_cpu() {
    times >"$lab/times"
    cpu=$(tail -n 1 "$lab/times" | sed 's/[ms]/ /g' | awk '{print $1 * 60 + $2 + $3 * 60 + $4}')
}
difference() { awk "BEGIN {printf \"%.1f\", $2 - $1}"; }

echo "preparing: base image, sources" >&2
"$tool" build "${request[@]}" >/dev/null
"$tool" plan "${request[@]}" --format sh >"$lab/plain.sh"
rootfs=$root/images/$("$tool" image build --root "$root" --quiet | sed "s/.* //")/rootfs
recipes=$(cd "$(dirname "$0")/../recipes" && pwd)

run_tool() {
    rm -rf "$root/layers" "$root/builds"
    "$tool" build "${request[@]}" --events "$lab/events.$1" >/dev/null
}
run_plain() {
    rm -rf "$lab/upper" "$lab/work"
    mkdir -p "$lab/upper" "$lab/work" "$lab/merged"
    cp "$lab/plain.sh" "$lab/upper/plain.sh"
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --propagation private sh -c 'set -e
        mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/merged"
        mkdir -p "$2/merged/cache" "$2/merged/recipes-here"
        mount --bind "$3" "$2/merged/cache"
        mount --bind "$4" "$2/merged/recipes-here"
        mount -t proc proc "$2/merged/proc"
        mount --rbind /dev "$2/merged/dev"
        env -u TMPDIR chroot "$2/merged" sh /plain.sh /cache /recipes-here' sh \
        "$rootfs" "$lab" "$root/cache/sources" "$recipes" >"$lab/plain.log" 2>&1
}
measure() { # NAME RUN COMMAND...
    local name=$1 run=$2 start before
    shift 2
    children_cpu
    before=$cpu start=$(now)
    "$@" || { tail -n 20 "$lab/plain.log"; exit 1; }
    wall=$(difference "$start" "$(now)")
    children_cpu
    echo "$name run $run: wall $wall s, cpu $(difference "$before" "$cpu") s"
}
for run in $(seq "$pairs"); do
    measure slurm-factory "$run" run_tool "$run"
    ours=$wall
    measure plain-script "$run" run_plain
    awk "BEGIN {printf \"pair $run: ratio %.3f\\n\", $ours / $wall}"
done
echo "overhead of the tool by package (wall minus the package's own commands), last run:"
python3 - "$lab/events.$pairs" <<'P'
import json, sys
total = 0
for line in open(sys.argv[1]):
    e = json.loads(line)
    if e["event"] == "package_built":
        over = e["wall_seconds"] - e["commands_wall_seconds"]
        total += over
        print(f'  {e["package"]:<24} {over:6.2f} s of {e["wall_seconds"]:7.1f} s, cpu {e["cpu_seconds"]:6.1f} s')
print(f"  {'sum':<24} {total:6.2f} s")
P
stat -c '%n %s bytes' "$root"/builds/*.tar.gz | sed 's|.*/||'
