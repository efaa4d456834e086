#!/bin/bash
# openmpi_node.sh TREE MODULES MODULE: MPI programs of Open MPI in the tree, started by hand and by srun. Exits 1 at the
# first thing that is not so.
. "$(dirname "$0")/node_lib.sh"

load_module
expect "mpicc comes from the tree" "^$tree/bin/mpicc\$" "$(command -v mpicc)"
mpicc -O1 -o "$state/mpi_probe" "$(dirname "$0")/mpi_probe.c"
unset LD_LIBRARY_PATH SLURM_INSTALL_PREFIX
mapped=$(ldd "$state/mpi_probe")
expect "the program finds its library where the tree lies" "libmpi.so.[0-9]+ => $tree/lib/" "$mapped"
# Its starter wants a network besides loopback, which there is none of here.
export OMPI_MCA_oob_tcp_if_include=lo
expect "one process by hand" "^rank 0 of 1, sum 0\$" "$(timeout 60 "$state/mpi_probe" 2>&1)"

start_munge
write_slurm_conf "MpiDefault=pmix"
start_slurm
out=$(timeout 120 srun -n2 "$state/mpi_probe" 2>&1 | sort)
expect "rank 0 of a step of two" "^rank 0 of 2, sum 1\$" "$out"
expect "rank 1 of a step of two" "^rank 1 of 2, sum 1\$" "$out"
sbatch -D /tmp -n2 -o "$state/log/job.out" --wrap "srun $state/mpi_probe" >/dev/null
batch_is_done() { [ "$(grep -c 'of 2, sum 1' "$state/log/job.out")" = 2 ]; }
eventually "a batch job runs it too" batch_is_done
stop_slurm
rm -rf "$state"
echo "ok: MPI programs of $tree run"
