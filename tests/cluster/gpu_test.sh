#!/bin/bash
# gpu_test.sh TOOL [VERSION]: builds Slurm with --gpu, checks that the plugins of all makers are in it and the driver's
# library is not, and runs it as a cluster whose GPU is found by NVML (driver_nvml.c stands in for the driver).
. "$(dirname "$0")/test_lib.sh"

step "the default build, to compare with"
"$tool" build --slurm-version "$version" --output "$lab/default"
build_bundle --gpu
unpack "$lab/run"
gcc -O1 -rdynamic -o "$lab/load_plugin" "$here/load_plugin.c"
mkdir "$lab/driver"
gcc -O1 -shared -fPIC -Wl,-soname,libnvidia-ml.so.1 -o "$lab/driver/libnvidia-ml.so.1" "$here/driver_nvml.c"
export DRIVER=$lab/driver

step "size: at most 2 MB over the default"
check_size "$software" $(($(stat -c %s "$lab/default/slurm-$version-software.tar.gz") + 2000000))

step "the driver's library is not shipped"
tar -t -z -f "$software" >"$lab/files"
if grep 'lib[a-z]*nvidia-ml' "$lab/files"; then exit 1; fi

prove gpu_node.sh / "$lab/run/software"
echo "all is there"
