#!/bin/bash
# A build script that means harm: what it cannot do, and what is said of it.
. "$(dirname "$0")/lib.sh"
. "$here/hostile_lib.sh"
usual_packages

# ---- Below both runtimes, and without one
for runtime in runc crun; do
    if ! command -v $runtime >/dev/null; then echo "not tried: $runtime is not installed"; continue; fi
    new_root $runtime
    options=(--runtime "$runtime")
    attack oci
done
new_root host
options=(--backend host)
attack host
new_root main
options=()
outputs oci

# ---- Ships what may not be shipped
try_build 5 install 'make install
cp "$PREFIX/bin/hello" "$PREFIX/bin/root-shell"
chmod 4755 "$PREFIX/bin/root-shell"'
expect_in "a setuid file is refused" "$out" "bin/root-shell" "setuid"
try_build 5 install 'make install
ln -s ../../../../../etc/shadow "$PREFIX/share/slurm/passwords"'
expect_in "a link out of the tree is refused" "$out" "share/slurm/passwords"
try_build 5 install 'make install
mkfifo "$PREFIX/share/slurm/pipe"'
expect_in "a pipe is refused" "$out" "share/slurm/pipe"
holds oci "ship setuid files, devices, pipes, links out of its tree" no

try_build 10 install 'make install
echo "int evil;" >>"$PREFIX/include/greet.h"'
expect_in "a file of a dependency is not replaced" "$out" "slurm@1.0 installs include/greet.h, which belongs to greet@1.0"
holds oci "replace a file of a package it depends on" no

# ---- Takes all there is
try_build 0 build "make; echo no daemons"
expect_not_in "nothing is told of who leaves no processes" "$out" "left processes"
if [[ -d /sys/fs/cgroup/pids ]] || grep -qs pids /sys/fs/cgroup/cgroup.controllers; then
    echo 'limits: {pids: 100}' >>"$root/config.yaml"
    try_build 5 build 'bomb() { bomb | bomb & }
bomb
sleep 1
exit 9'
    expect_in "a fork bomb fails alone" "$out" "slurm@1.0: phase 'build' failed with exit code 9"
    expect_in "at the limit" "$(cat "$root"/logs/slurm-1.0-*.log)" "Cannot fork"
else
    echo "not tried: a fork bomb, since no control group limits processes here"
fi
if [[ -d /sys/fs/cgroup/memory ]] || grep -qs memory /sys/fs/cgroup/cgroup.controllers; then
    echo 'limits: {memory: 200MiB, jobs: 1}' >"$root/config.yaml"
    try_build 5 build 'dd if=/dev/zero of=/dev/shm/full bs=1M count=400
echo "wrote it all"
make'
    holds oci "take more memory, processors or processes than the limits" no
    expect_in "who fills shared memory runs out of his own" "$out" "slurm@1.0: out of memory in phase 'build'" \
        "the limit is 200.0 MiB"
    echo 'network: {retries: 0}' >"$root/config.yaml"
else
    echo "not tried: filling shared memory, since no control group limits memory here"
fi
expect_no_leftovers "after all that"
slurm_recipe
run 0 build
expect_in "and the next build is good" "$out" "slurm@1.0"

finish
