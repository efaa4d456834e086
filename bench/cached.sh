#!/bin/bash
# cached.sh TOOL [RUNS]: a build of which everything is there already, and what that costs at least.
#
# Wants the default Slurm built in its root ($SLURM_FACTORY_ROOT, ~/.slurm-factory). Prints medians of RUNS (5) runs:
#   store       all packages in the store, no tarball: build, also other tarballs; and cp of what it writes
#   directory   an empty root, all packages in a binary cache in a directory: build; and cp of that directory
#   registry    the same from a registry on loopback (docker-registry); and skopeo sync of the same images
# Needs root and about 2 GiB in $TMPDIR.
set -euo pipefail
tool=$1 runs=${2:-5}
request=(--slurm-version 24.11 --quiet)
lab=$(mktemp -d "${TMPDIR:-/tmp}/sf-cached.XXXXXX")
registry=
trap '[ -z "$registry" ] || kill "$registry"; rm -rf "$lab"' EXIT

# median NAME PREPARE COMMAND...: in milliseconds; PREPARE is not timed
median() {
    local name=$1 prepare=$2 start
    shift 2
    for _ in $(seq "$runs"); do
        $prepare
        start=$(date +%s%N)
        "$@" >/dev/null
        echo $((($(date +%s%N) - start) / 1000))
    done | sort -n | awk -v name="$name" '{v[NR] = $1}
        END {printf "%-44s min %7.1f ms, median %7.1f ms\n", name, v[1] / 1000, v[int((NR + 1) / 2)] / 1000}'
}
loopback_bytes() { awk '$1 == "lo:" {print $2}' /proc/net/dev; }

build_here() { "$tool" build "${request[@]}" --output "$lab/builds" "$@"; }
no_tarball() { rm -rf "$lab/builds"; }
build_here >/dev/null
median "store: build, tarball written" no_tarball build_here
size=$(stat -c %s "$lab"/builds/*-software.tar.gz)
echo "the tarball has $size bytes"
copy_tarball() { cp "$lab"/builds/*-software.tar.gz "$lab/copy.tar.gz" && sync "$lab/copy.tar.gz"; }
median "store: cp of the tarball, synced" : copy_tarball
for more in "--archive zst" "--with dev,debug"; do
    # shellcheck disable=SC2086 # words
    build_here $more # their layers are compressed once
    # shellcheck disable=SC2086
    median "store: build $more" no_tarball build_here $more
    copy_all() { rm -rf "$lab/copied" && cp -R "$lab/builds" "$lab/copied" && sync "$lab"/copied/*; }
    median "store: cp of all its $(du -sb "$lab/builds" | cut -f 1) bytes, synced" : copy_all
done

"$tool" cache keys generate bench --root "$lab/keys" --directory "$lab" >/dev/null
start=$(date +%s%N)
"$tool" cache push "$lab/cache" --slurm-version 24.11 --key "$lab/bench.key"
echo "directory: the first push, base image included: $((($(date +%s%N) - start) / 1000000)) ms"
empty_root() {
    rm -rf "$lab/empty" "$lab/builds" "$lab/copied"
    mkdir "$lab/empty"
    cp -R "$lab/keys/keys" "$lab/empty/"
}
build_from() { "$tool" build "${request[@]}" --root "$lab/empty" --output "$lab/builds" --cache "$1"; }
median "directory: empty root, build" empty_root build_from "$lab/cache"
du -sb "$lab/empty/layers" | awk '{print "its layers take " $1 " bytes"}'
blobs() { # those of the packages
    rm -rf "$lab/packages"
    "$tool" cache push "$lab/packages" --slurm-version 24.11 --no-base-image >/dev/null
    du -sb "$lab/packages/blobs" | cut -f 1
}
echo "the packages' blobs have $(blobs) bytes"
median "directory: cp of the packages' blobs" empty_root cp -R "$lab/packages" "$lab/copied"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$lab/registry.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $lab/registry}}
http: {addr: "127.0.0.1:$port"}
END
docker-registry serve "$lab/registry.yml" >"$lab/registry.log" 2>&1 &
registry=$!
until curl -s -o /dev/null "http://127.0.0.1:$port/v2/"; do sleep 0.1; done
"$tool" cache push "oci://127.0.0.1:$port/signed" --slurm-version 24.11 --key "$lab/bench.key" >/dev/null
"$tool" cache push "oci://127.0.0.1:$port/slurm" --slurm-version 24.11 --no-base-image >/dev/null
before=$(loopback_bytes)
empty_root
build_from "oci://127.0.0.1:$port/signed" >/dev/null
echo "registry: the build moved $(($(loopback_bytes) - before)) bytes, requests included"
median "registry: empty root, build" empty_root build_from "oci://127.0.0.1:$port/signed"
sync_images() { skopeo sync --src docker --dest dir --src-tls-verify=false "127.0.0.1:$port/slurm" "$lab/copied" 2>&1; }
fresh_directory() { rm -rf "$lab/copied" && mkdir "$lab/copied"; }
before=$(loopback_bytes)
fresh_directory
sync_images >/dev/null
echo "registry: skopeo moved $(($(loopback_bytes) - before)) bytes"
median "registry: skopeo sync of the packages" fresh_directory sync_images
