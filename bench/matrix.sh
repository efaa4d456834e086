#!/bin/bash
# matrix.sh TOOL [ROUNDS [OPTION...]]: four builds in one command against the same four one after the other, alternating.
#
# The targets generic, x86_64_v2, v3 and v4 of what the options say, readline by default. Base image and sources are there,
# the store is empty for each run and ccache is off, or the second way would find what the first compiled. Needs root, and
# a processor of x86_64_v4.
set -euo pipefail
tool=$1 rounds=${2:-2}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- readline
root=$(mktemp -d "${TMPDIR:-/tmp}/sf-matrix.XXXXXX")
trap 'rm -rf "$root"' EXIT
targets=(generic x86_64_v2 x86_64_v3 x86_64_v4)
empty() { rm -rf "$root/layers" "$root/builds" && mkdir "$root/layers"; }
build() { "$tool" build --root "$root" --quiet "$@" >/dev/null; }
together() { local IFS=, && build "$@" --target "${targets[*]}"; }
one_by_one() {
    for target in "${targets[@]}"; do
        build "$@" --target "$target"
    done
}
echo 'levers: {ccache: false}' >"$root/config.yaml"
build "$@" # image and sources
for _ in $(seq "$rounds"); do
    for way in together one_by_one; do
        empty
        TIMEFORMAT="$way: wall %R s, cpu %U user + %S system"
        time "$way" "$@"
    done
done
