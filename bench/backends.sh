#!/bin/bash
# backends.sh TOOL [ROUNDS [OPTION...]]: the same cold build with each backend, in turn.
#
# The options say what is built, libpciaccess by default. Base image and sources are there, the store is empty for each run.
# ccache is off. A backend that cannot be used here is left out. $SF_BENCH_ROOT names a root whose image and sources may be
# used; its layers, builds and config.yaml are lost. Needs root.
set -euo pipefail
tool=$1 rounds=${2:-3}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- libpciaccess
root=${SF_BENCH_ROOT:-$(mktemp -d "${TMPDIR:-/tmp}/sf-backends.XXXXXX")}
[ -n "${SF_BENCH_ROOT:-}" ] || trap 'rm -rf "$root"' EXIT
build() { "$tool" build --root "$root" --quiet --fresh "$@" >/dev/null; }
echo 'levers: {ccache: false}' >"$root/config.yaml"
build "$@" # image and sources
backends=()
for backend in "host" "oci --runtime crun" "oci --runtime runc" "lxd"; do
    rm -rf "$root/layers" "$root/builds"
    # shellcheck disable=SC2086 # words
    if build "$@" --backend $backend 2>/dev/null; then backends+=("$backend"); fi # what is done once, too
done
for _ in $(seq "$rounds"); do
    for backend in "${backends[@]}"; do
        rm -rf "$root/layers" "$root/builds"
        # shellcheck disable=SC2086
        /usr/bin/env TIMEFORMAT="$backend: wall %R s, cpu %U user + %S system" \
            bash -c 'time "$@" >/dev/null' bash "$tool" build --root "$root" --quiet --fresh "$@" --backend $backend
    done
done
