#!/bin/bash
# Memory: a package that is killed for lack of it is tried once more with one job, and told of; jobs wait while it is short.
. "$(dirname "$0")/lib.sh"
usual_packages
# shellcheck disable=SC2143 # in one condition
[[ -w /sys/fs/cgroup/memory || -n $(grep -s memory /sys/fs/cgroup/cgroup.controllers) ]] ||
    { echo "skipped: no control group limits memory here"; exit 77; }
new_root main
echo 'limits: {jobs: 2, memory: 200MiB}' >>"$root/config.yaml"
eats='dd if=/dev/zero of=/dev/null bs=400M count=1 2>/dev/null'

# ---- With several jobs it takes too much
slurm_recipe "" "    build: |
      if [ \"\$JOBS\" != 1 ]; then $eats; fi
      echo \"jobs \$JOBS, flags '\$MAKEFLAGS'\"
      make"
run 0 build
expect_in "it is tried once more, with one job" "$out" "warning: slurm@1.0 ran out of memory at " \
    "with 2 jobs (the limit is 200.0 MiB); trying once more with one" "slurm@1.0: built in"
expect_in "which is really one" "$(cat "$root"/logs/slurm-1.0-*.log)" "jobs 1, flags ''"
expect_no_leftovers "after the second try"

# ---- With one job, too
slurm_recipe "" "    build: $eats && make"
run 5 build
expect_in "then it has failed" "$out" "slurm@1.0: out of memory in phase 'build': its peak was " \
    "the limit is 200.0 MiB" "raise limits.memory"
expect "after two tries" "$(grep -c 'trying once more' <<<"$out")" 1

# ---- More jobs than there is memory for
echo 'limits: {jobs: 64, job-memory: 1TiB}' >"$root/config.yaml"
slurm_recipe
run 0 build --fresh
expect_in "jobs wait, and one goes on" "$out" "warning: memory is short: " "63 of 64 jobs wait" "slurm@1.0: built in"
finish
