#!/bin/bash
# openmpi_test.sh TOOL [VERSION]: builds Slurm with Open MPI and runs an MPI program compiled with its mpicc, by itself
# and as a step of PMIx. By hand: Open MPI alone takes about twenty minutes of CPU.
. "$(dirname "$0")/test_lib.sh"

build_bundle --variant openmpi=true
unpack "$lab/run"
cp "$here/mpi_probe.c" "$lab/"
prove openmpi_node.sh / "$lab/run/software"
echo "MPI programs run"
