#!/bin/bash
# levers.sh TOOL [PAIRS [OPTION...]]: cold builds with one of the caches switched off and on, alternating.
#
# configure-cache: off and on. ccache: off, on with an empty cache, on with the cache that run left. Base image and sources
# are there, the store is empty for each run. The options say what is built, a minimal Slurm by default. $SF_BENCH_ROOT
# names a root whose image and sources may be used; its layers, builds, ccache and config.yaml are lost. Needs root.
set -euo pipefail
tool=$1 pairs=${2:-2}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- --slurm-version 24.11 --minimal
root=${SF_BENCH_ROOT:-$(mktemp -d "${TMPDIR:-/tmp}/sf-levers.XXXXXX")}
[ -n "${SF_BENCH_ROOT:-}" ] || trap 'rm -rf "$root"' EXIT
request=(build "$@" --root "$root" --quiet)

run() { # NAME LEVERS
    rm -rf "$root/layers" "$root/builds"
    echo "levers: {$2}" >"$root/config.yaml"
    /usr/bin/env TIMEFORMAT="$1: wall %R s, cpu %U user + %S system" bash -c 'time "$@" >/dev/null' bash "$tool" "${request[@]}"
}
rm -f "$root/config.yaml"
"$tool" "${request[@]}" >/dev/null # image and sources
for _ in $(seq "$pairs"); do
    run "configure-cache off" "configure-cache: false"
    run "configure-cache on " "configure-cache: true"
done
for _ in $(seq "$pairs"); do
    rm -rf "$root/cache/ccache"
    run "ccache off          " "ccache: false"
    run "ccache on, empty    " "ccache: true"
    run "ccache on, filled   " "ccache: true"
done
rm -f "$root/config.yaml"
