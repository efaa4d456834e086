#!/bin/bash
# glibc_test.sh TOOL VERSION ROOT...: a minimal Slurm built in the usual image runs as a cluster in each of these root file
# systems, which are older than the image; none: Debian bullseye's, with glibc 2.31. By hand: it builds everything.
# BUILD_OPTIONS has options of the build in place of --minimal. A root needs the packages of images/bullseye-run.yaml.
. "$(dirname "$0")/test_lib.sh"

read -r -a options <<<"${BUILD_OPTIONS---minimal}"
build_bundle "${options[@]}"
unpack "$lab/run"
roots=("${@:3}")
((${#roots[@]} > 0)) || roots=("$(image_root bullseye-run)")
for root in "${roots[@]}"; do
    prove one_node.sh "$root" "$lab/run/software"
done
echo "it runs on all of them"
