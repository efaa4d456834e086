#!/bin/bash
# full_test.sh TOOL: builds the default Slurm, checks that every feature is in it, and runs it as a cluster with
# accounting on the host's system and on Debian trixie.
#
# Uses the tool's own caches: ~/.slurm-factory, or $SLURM_FACTORY_ROOT. Needs root.
set -euo pipefail
tool=$1
here=$(cd "$(dirname "$0")" && pwd)
version=24.11
lab=$(mktemp -d /tmp/sf-full.XXXXXX)
trap 'rm -rf "$lab"' EXIT
chmod 755 "$lab"
step() { echo "=== $*"; }

step "build the default"
"$tool" build --slurm-version "$version" --archive gz,zst --output "$lab/builds"
(cd "$lab/builds" && sha256sum -c ./*.sha256)
"$tool" verify "$lab/builds/slurm-$version-software.tar.gz"
mkdir "$lab/run" "$lab/modules"
tar -x -z -f "$lab/builds/slurm-$version-software.tar.gz" -C "$lab/run"
tar -x -z -f "$lab/builds/slurm-$version-module.tar.gz" -C "$lab/modules"
tree=$lab/run/software
cp "$here"/{node_lib,full_node,features}.sh "$here/features.txt" "$here/load_plugin.c" "$lab/"
gcc -O1 -rdynamic -o "$lab/load_plugin" "$here/load_plugin.c"
gcc -O1 -I"$tree/include" -o "$lab/pmix_probe" "$here/pmix_probe.c" "$tree"/lib/libpmix.so.2 \
    -Wl,--allow-shlib-undefined
export PMIX_PROBE=$lab/pmix_probe

step "sizes"
megabytes() { echo $(($(stat -c %s "$1") / 1000)) | sed 's/...$/.&/'; }
check_size() { # FILE LIMIT in bytes
    echo "$(basename "$1"): $(megabytes "$1") MB, limit $(($2 / 1000000)) MB"
    [ "$(stat -c %s "$1")" -le "$2" ]
}
check_size "$lab/builds/slurm-$version-software.tar.gz" 18000000
check_size "$lab/builds/slurm-$version-software.tar.zst" 14000000

prove() { # ROOT NAME
    step "cluster with accounting on $2"
    KEEP_NETWORK=yes unshare --net sh -c '"$0/loopback.sh" && exec "$0/mariadb.sh" "$@"' "$here" "$lab/db-$2" \
        "$here/in_namespaces.sh" "$1" "$lab" "$lab/full_node.sh" "$tree" "$lab/modules" "slurm/$version"
}
prove / host
root=${SLURM_FACTORY_ROOT:-$HOME/.slurm-factory}
digest=$("$tool" image build trixie-run --images "$here/images" --quiet | sed 's/.* //')
prove "$root/images/$digest/rootfs" trixie

echo "all is there"
