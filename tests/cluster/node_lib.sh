# What the cluster scripts share; each sources it first, in namespaces of its own (in_namespaces.sh), called as
# SCRIPT TREE MODULES MODULE: TREE is the unpacked software/, MODULES the unpacked module tarball, MODULE the name to
# load.
# shellcheck shell=bash
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/smoke/one_node.sh"
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
one_node_directories "$state"
[ ! -e /opt/slurm/software ] || fail "the build prefix exists here: this would prove nothing"

load_module() { # through real Lmod
    export MODULEPATH=
    set +eu # Lmod's own scripts are not written for these
    . /usr/share/lmod/lmod/init/bash
    module use "$modules"
    SLURM_INSTALL_PREFIX=$tree module load "$module_name"
    set -eu
    expect "module loaded" "$module_name" "$(module -t list 2>&1)"
}

start_munge() {
    one_node_munged "$state"
    expect "munge" "STATUS:.*Success" "$(munge -S "$state/run/munge" -n | unmunge -S "$state/run/munge")"
}

# write_slurm_conf LINE...: a cluster of this node; the lines come on top.
write_slurm_conf() {
    local lines
    export SLURM_CONF=$state/etc/slurm.conf
    mapfile -t lines < <(one_node_munge_lines "$state")
    one_node_conf "$state" "${lines[@]}" "$@"
}

node_is_idle() { [ "$(timeout 5 sinfo -h -o %t)" = idle ]; }
start_slurm() {
    slurmctld
    slurmd
    eventually "sinfo shows the node idle" node_is_idle
}

# daemons_use_the_tree DAEMON...: glibc's name service may bring in libraries of the system's own (nss_systemd does);
# ours must come from the tree.
daemons_use_the_tree() {
    local daemon mapped library name
    for daemon in "$@"; do
        mapped=$(awk '$6 ~ /\.so/ {print $6}' "/proc/$(pidof -s "$daemon")/maps" | sort -u)
        grep -q "^$tree/lib/" <<<"$mapped" || fail "$daemon maps no library of the tree: $mapped"
        while read -r library; do
            name=${library##*/}
            # shellcheck disable=SC2015 # that is what is meant
            [ ! -e "$tree/lib/$name" ] && [ ! -e "$tree/lib/slurm/$name" ] ||
                fail "$daemon loaded $library from outside the tree"
        done < <(grep -v "^$tree/" <<<"$mapped")
    done
    echo "ok: daemons load their libraries from the tree"
}

# A user's environment: in front of all is a library of each name that the tree has, and none of them is of any use.
# Programs that link libpam are left out; docs/modules.md says why.
tree_beats_the_environment() {
    local foreign=$state/foreign file lines
    mkdir "$foreign"
    for file in "$tree"/lib/*.so.* "$tree"/lib/slurm/libslurmfull.so; do
        ln -s /lib/x86_64-linux-gnu/libm.so.6 "$foreign/${file##*/}"
    done
    for file in "$tree"/bin/* "$tree"/sbin/* "$tree"/lib/*.so.* "$tree"/lib/slurm/*.so; do
        lines=$(LD_LIBRARY_PATH=$foreign ldd "$file" 2>/dev/null) || continue # a script
        [[ $lines != *libpam.so.* ]] || continue
        ! grep -q "$foreign" <<<"$lines" || fail "$file takes foreign libraries: $(grep "$foreign" <<<"$lines")"
    done
    expect "srun beside foreign libraries" "^$(hostname)\$" "$(LD_LIBRARY_PATH=$foreign timeout 60 srun hostname)"
    expect "munge beside foreign libraries" "STATUS:.*Success" "$(LD_LIBRARY_PATH=$foreign "$tree/bin/munge" \
        -S "$state/run/munge" -n | LD_LIBRARY_PATH=$foreign "$tree/bin/unmunge" -S "$state/run/munge")"
    rm -r "$foreign"
}

# It removes its socket and pid file as it ends; only then can its directory go.
no_munged() { ! pidof munged; }
stop_munge() {
    kill "$(pidof munged)"
    eventually "munged ends" no_munged
}

no_daemons() { ! pidof slurmctld slurmd; }
# Control groups are the host's, and stay when this file system goes.
remove_cgroups() {
    local daemon
    for daemon in slurmctld slurmd slurmstepd; do pkill -x "$daemon" || true; done
    eventually "slurmd ends" no_daemons
    find /sys/fs/cgroup -depth -type d \( -path "*/slurm" -o -path "*/slurm/*" \) -exec rmdir {} + 2>/dev/null || true
}
stop_slurm() {
    scontrol shutdown
    eventually "daemons end" no_daemons
    stop_munge
}
