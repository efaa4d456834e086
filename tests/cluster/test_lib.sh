# What the cluster tests share; each sources it first, called as TEST TOOL [VERSION].
#
# They use the tool's own caches: ~/.slurm-factory, or $SLURM_FACTORY_ROOT. They need root.
# shellcheck shell=bash
set -euo pipefail
tool=$1
version=${2:-24.11}
here=$(cd "$(dirname "$0")" && pwd)
lab=$(mktemp -d /tmp/sf-cluster.XXXXXX)
trap 'rm -rf "$lab"' EXIT
chmod 755 "$lab"
software=$lab/builds/slurm-$version-software.tar.gz
cp "$here"/*_node.sh "$here"/{node_lib,features}.sh "$here"/{features.txt,load_plugin.c} "$lab/"
cp -r "$here/../../smoke" "$lab/"

step() { echo "=== $*"; }

# build_bundle OPTION...: leaves it in $lab/builds and its module file in $lab/modules.
build_bundle() {
    step "build"
    "$tool" build --slurm-version "$version" --output "$lab/builds" "$@"
    (cd "$lab/builds" && sha256sum -c ./*.sha256)
    step "verify"
    "$tool" verify "$software"
    mkdir "$lab/modules"
    tar -x -z -f "$lab/builds/${bundle_name:-slurm-$version}-module.tar.gz" -C "$lab/modules"
}

# unpack DIRECTORY: the tree is DIRECTORY/software.
unpack() {
    mkdir -p "$1"
    tar -x -z -f "$software" -C "$1"
}

# check_size FILE LIMIT in bytes
check_size() {
    local size
    size=$(stat -c %s "$1")
    echo "${1##*/}: $size bytes, limit $2"
    [ "$size" -le "$2" ]
}

# image_root NAME: prints the root file system of a test image (images/NAME.yaml).
image_root() {
    local digest
    digest=$("$tool" image build "$1" --images "$here/images" --quiet)
    echo "${SLURM_FACTORY_ROOT:-$HOME/.slurm-factory}/images/${digest##* }/rootfs"
}

# prove SCRIPT ROOT TREE: runs the tree as a cluster in the file system.
prove() {
    step "cluster in $3 (file system: $2)"
    "$here/in_namespaces.sh" "$2" "$lab" "$lab/$1" "$3" "$lab/modules" "slurm/$version"
}
