#!/bin/bash
# one_node.sh TREE MODULES MODULE: a whole cluster of one node from an unpacked tree, and jobs on it. Exits 1 at the
# first thing that is not so.
. "$(dirname "$0")/node_lib.sh"

# ---- the module
load_module
expect "srun comes from the tree" "^$tree/bin/srun\$" "$(command -v srun)"
expect "SLURM_ROOT" "^$tree\$" "$SLURM_ROOT"
expect "completion of sbatch" "^complete .* sbatch\$" \
    "$(grep '^complete .* sbatch' "$tree/share/bash-completion/completions/sbatch")"
for program in curl git ssh python3; do
    path=$(command -v "$program") || continue
    case $path in "$tree"/*) fail "the tree hides the host's $program" ;; esac
    # The dynamic linker itself says which files it maps; ssh knows -V and not --version, and maps the same.
    loaded=$(LD_DEBUG=files "$path" --version 2>&1 || true)
    grep -q 'calling init' <<<"$loaded" || fail "the dynamic linker says nothing of $program"
    ! grep -q "$tree" <<<"$loaded" || fail "the host's $program picks up libraries of the tree"
done
echo "ok: the host's programs do not see our libraries"

# From here on the tree must find itself: no LD_LIBRARY_PATH, no SLURM_INSTALL_PREFIX.
unset LD_LIBRARY_PATH SLURM_INSTALL_PREFIX

# ---- munge, slurmctld and slurmd on loopback
start_munge
# shellcheck disable=SC2119 # nothing more to write
write_slurm_conf
start_slurm

# ---- jobs
expect "srun" "^$(hostname)\$" "$(timeout 60 srun hostname)"
expect "two tasks" "^task 1\$" "$(timeout 60 srun -n2 sh -c 'echo task $SLURM_PROCID')"
expect "slurmstepd of the moved tree ran it" "^$tree/sbin/slurmstepd\$" \
    "$(timeout 60 srun sh -c 'readlink /proc/$PPID/exe')"
expect "sbatch" "Submitted batch job" \
    "$(sbatch -D /tmp -o "$state/log/job.out" --wrap 'echo in-batch; srun echo in-step')"
batch_is_done() { grep -q in-step "$state/log/job.out" && [ -z "$(timeout 5 squeue -h)" ]; }
eventually "the batch job and its step ran" batch_is_done
config=$(scontrol show config)
expect "PluginDir moved along" "^PluginDir +?= $tree/lib/slurm\$" "$config"
expect "SLURM_CONF" "^SLURM_CONF +?= $SLURM_CONF\$" "$config"
grep -q '/opt/slurm/software' <<<"$config" && fail "scontrol show config mentions the build prefix"
expect "controller answers" "UP" "$(scontrol ping)"

# ---- a roll-out asks this cluster for its hosts; nobody is at their other end here
if [ -x "${FACTORY:-}" ]; then # the tool runs on the system it was built on
    expect "deploy --from-slurm" "^node1: failed: " \
        "$("$FACTORY" deploy "$BUNDLE" --from-slurm --prefix "$state/prefix" --ssh false --dry-run || true)"
fi

# ---- libraries of a user's environment
tree_beats_the_environment

# ---- what the daemons mapped, and the end
daemons_use_the_tree slurmctld slurmd munged
stop_slurm
set +eu
module unload "$module_name"
case ":$PATH:" in *":$tree/bin:"*) fail "unloading leaves $tree/bin in PATH" ;; esac
rm -rf "$state"
echo "ok: $tree is a cluster"
