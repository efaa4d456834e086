#!/bin/bash
# cluster_test.sh TOOL: builds a real minimal Slurm and proves that it runs wherever it is unpacked.
#
# Uses the tool's own caches: ~/.slurm-factory, or $SLURM_FACTORY_ROOT. Needs root.
set -euo pipefail
tool=$1
here=$(cd "$(dirname "$0")" && pwd)
version=24.11
lab=$(mktemp -d /tmp/sf-cluster.XXXXXX)
trap 'rm -rf "$lab"' EXIT
chmod 755 "$lab"

step() { echo "=== $*"; }

step "build"
"$tool" build --slurm-version "$version" --minimal --output "$lab/builds"
(cd "$lab/builds" && sha256sum -c ./*.sha256)

step "verify"
"$tool" verify "$lab/builds/slurm-$version-software.tar.gz"

step "unpack to two directories, one name shorter and one longer than the build prefix"
short=$lab/a long=$lab/a-much-longer-name-than-the-build-prefix-had/of/this/tree
for place in "$short" "$long"; do
    mkdir -p "$place"
    tar -x -z -f "$lab/builds/slurm-$version-software.tar.gz" -C "$place"
done
mkdir "$lab/modules"
tar -x -z -f "$lab/builds/slurm-$version-module.tar.gz" -C "$lab/modules"
cp "$here"/{node_lib,one_node}.sh "$lab/"

prove() { # ROOT TREE
    step "cluster in $2 (file system: $1)"
    "$here/in_namespaces.sh" "$1" "$lab" "$lab/one_node.sh" "$2" "$lab/modules" "slurm/$version"
}
prove / "$short/software"
prove / "$long/software"

step "moved with mv"
mkdir "$lab/moved"
mv "$short/software" "$lab/moved/renamed"
prove / "$lab/moved/renamed"

step "Debian trixie"
trixie=$("$tool" image build trixie-run --images "$here/images" --quiet | sed 's/.* //')
root=${SLURM_FACTORY_ROOT:-$HOME/.slurm-factory}
prove "$root/images/$trixie/rootfs" "$lab/moved/renamed"
echo "all clusters ran"
