#!/bin/bash
# host_modules_test.sh TOOL [VERSION]: builds a minimal Slurm with what the host loads, and has this host load it.
. "$(dirname "$0")/test_lib.sh"

build_bundle --minimal --variant +pam --variant +nss_slurm
unpack "$lab/run"
"$tool" init "$lab/init" --cluster mine --control node1 --nodes node1 --with nss,pam
prove host_modules_node.sh /. "$lab/run/software"
echo "all is loaded"
