#!/bin/bash
# one_node.sh TREE MODULES MODULE: a whole cluster of one node from an unpacked tree, and jobs on it.
#
# Runs in namespaces of its own (in_namespaces.sh): processes, network, host name, mounts. TREE is the unpacked
# software/, MODULES the unpacked module tarball, MODULE the name to load. Exits 1 at the first thing that is not so.
set -euo pipefail
tree=$1 modules=$2 module_name=$3

fail() {
    echo "FAILED: $*" >&2
    tail -n 20 "$state"/log/*.log >&2 2>/dev/null || true
    exit 1
}
# expect WHAT PATTERN TEXT: the text has a line that matches.
expect() {
    grep -qE -- "$2" <<<"$3" || fail "$1: nothing like '$2' in: $3"
    echo "ok: $1"
}
# eventually WHAT COMMAND...: succeeds within half a minute.
eventually() {
    local what=$1
    shift
    for ((end = SECONDS + 30; SECONDS < end; )); do
        if "$@" >/dev/null 2>&1; then
            echo "ok: $what"
            return
        fi
        sleep 0.2
    done
    fail "$what: '$*' did not succeed within 30 s"
}

state=$(mktemp -d /tmp/one-node.XXXXXX)
mkdir -p "$state"/{etc,spool,save,log,run,munge}
chmod 755 "$state" "$state/run"
chmod 700 "$state/munge"

[ ! -e /opt/slurm/software ] || fail "the build prefix exists here: this would prove nothing"

# ---- the module, through real Lmod
export MODULEPATH=
set +eu # Lmod's own scripts are not written for these
. /usr/share/lmod/lmod/init/bash
module use "$modules"
SLURM_INSTALL_PREFIX=$tree module load "$module_name"
set -eu
expect "module loaded" "$module_name" "$(module -t list 2>&1)"
expect "srun comes from the tree" "^$tree/bin/srun\$" "$(command -v srun)"
expect "SLURM_ROOT" "^$tree\$" "$SLURM_ROOT"
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

# ---- munge
dd if=/dev/urandom of="$state/munge/key" bs=1024 count=1 status=none
chmod 400 "$state/munge/key"
munged --key-file="$state/munge/key" --socket="$state/run/munge" --log-file="$state/log/munged.log" \
    --pid-file="$state/run/munged.pid" --seed-file="$state/munge/seed" --num-threads=2 --force
expect "munge" "STATUS:.*Success" "$(munge -S "$state/run/munge" -n | unmunge -S "$state/run/munge")"

# ---- slurmctld and slurmd on loopback
export SLURM_CONF=$state/etc/slurm.conf
cat >"$SLURM_CONF" <<CONF
ClusterName=proof
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$state/run/munge
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldPidFile=$state/run/slurmctld.pid
SlurmdPidFile=$state/run/slurmd.pid
SlurmctldLogFile=$state/log/slurmctld.log
SlurmdLogFile=$state/log/slurmd.log
StateSaveLocation=$state/save
SlurmdSpoolDir=$state/spool
NodeName=$(hostname) NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
echo "CgroupPlugin=disabled" >"$state/etc/cgroup.conf"
[[ $(slurmctld -V) != *" 22."* ]] || rm "$state/etc/cgroup.conf"

slurmctld
slurmd
node_is_idle() { [ "$(timeout 5 sinfo -h -o %t)" = idle ]; }
eventually "sinfo shows the node idle" node_is_idle

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

# ---- what the daemons mapped, and the end
# glibc's name service may bring in libraries of the system's own (nss_systemd does); ours must come from the tree.
for daemon in slurmctld slurmd munged; do
    mapped=$(awk '$6 ~ /\.so/ {print $6}' "/proc/$(pidof -s "$daemon")/maps" | sort -u)
    grep -q "^$tree/lib/" <<<"$mapped" || fail "$daemon maps no library of the tree: $mapped"
    while read -r library; do
        name=${library##*/}
        [ ! -e "$tree/lib/$name" ] && [ ! -e "$tree/lib/slurm/$name" ] || fail "$daemon loaded $library from outside the tree"
    done < <(grep -v "^$tree/" <<<"$mapped")
done
echo "ok: daemons load their libraries from the tree"
scontrol shutdown
no_daemons() { ! pidof slurmctld slurmd; }
eventually "daemons end" no_daemons
kill "$(pidof munged)"
set +eu
module unload "$module_name"
case ":$PATH:" in *":$tree/bin:"*) fail "unloading leaves $tree/bin in PATH" ;; esac
rm -rf "$state"
echo "ok: $tree is a cluster"
