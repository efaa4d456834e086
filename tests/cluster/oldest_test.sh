#!/bin/bash
# oldest_test.sh TOOL [VERSION]: a minimal Slurm built in the oldest base image (Debian bullseye) runs as a cluster on the
# host's system, Debian trixie and Debian sid. By hand: it builds everything in another image, 10 to 20 minutes of CPU.
. "$(dirname "$0")/test_lib.sh"

software=$lab/builds/slurm-$version-bullseye-software.tar.gz
bundle_name=slurm-$version-bullseye
build_bundle --minimal --toolchain bullseye
unpack "$lab/run"
tree=$lab/run/software
prove one_node.sh / "$tree"
for system in trixie sid; do
    prove one_node.sh "$(image_root $system-run)" "$tree"
done
echo "the oldest image's build runs on all of them"
