#!/bin/bash
# gpu_node.sh TREE MODULES MODULE: the GPU build as a cluster of one node with one GPU that slurmd finds by NVML. Exits 1
# at the first thing that is not so.
#
# DRIVER is a directory with libnvidia-ml.so.1, where a node has the driver's library in the system's.
. "$(dirname "$0")/node_lib.sh"

load_module
unset LD_LIBRARY_PATH SLURM_INSTALL_PREFIX
"$(dirname "$0")/features.sh" "$tree" gpu

# /dev is the machine's own: the device node must go again.
made=
[ -e /dev/nvidia0 ] || { mknod /dev/nvidia0 c 195 0 && made=/dev/nvidia0; }
trap '[ -z "$made" ] || rm -f "$made"' EXIT
start_munge
write_slurm_conf "GresTypes=gpu"
sed -i '/^NodeName=/s/$/ Gres=gpu:proof_gpu_100:1/' "$SLURM_CONF"
echo "AutoDetect=nvml" >"$state/etc/gres.conf"

export LD_LIBRARY_PATH=$DRIVER
expect "slurmd finds the GPU by NVML" "Gres Name=gpu Type=proof_gpu_100 Count=1 .*File=/dev/nvidia0" "$(slurmd -G 2>&1)"
start_slurm
unset LD_LIBRARY_PATH
expect "the node has the GPU" "Gres=gpu:proof_gpu_100:1" "$(scontrol show node)"
expect "a job has the GPU" "^GPU 0\$" "$(timeout 60 srun --gres=gpu:1 sh -c 'echo GPU $CUDA_VISIBLE_DEVICES')"
daemons_use_the_tree slurmctld slurmd munged
stop_slurm
rm -rf "$state"
echo "ok: $tree is a cluster with a GPU"
