#!/bin/bash
# cluster.sh TREE STATE: starts a cluster of one node from an unpacked tree and runs jobs on it. STATE is a directory of
# the caller's with log/ in it. Writes STATE/steps as it goes, a line for each step: its name, ok or failed, the
# milliseconds it took and what came of it, between tabs. Exits 1 at the first step that fails.
#
# It runs as an ordinary user in a sandbox whose network is the loopback, and asks of the system bash, coreutils, grep
# and sed only.
set -u
tree=$1 state=$2
# shellcheck source=smoke/one_node.sh
. "${BASH_SOURCE[0]%/*}/one_node.sh"
export PATH=$tree/bin:$tree/sbin:$PATH SLURM_CONF=$state/etc/slurm.conf
unset LD_LIBRARY_PATH SLURM_INSTALL_PREFIX

now() { echo $(($(date +%s%N) / 1000000)); }
one_line() { tr -s '\t\n\r' ' ' | cut -c 1-200 | sed 's/ *$//'; }

# step NAME COMMAND...: what it prints is the detail.
step() {
    local name=$1 start said outcome=ok
    shift
    start=$(now)
    said=$("$@" 2>&1) || outcome=failed
    printf '%s\t%s\t%s\t%s\n' "$name" "$outcome" "$(($(now) - start))" "$(one_line <<<"$said")" >>"$state/steps"
    [ "$outcome" = ok ] && return
    printf '%s: %s\n' "$name" "$said"
    stop
    exit 1
}

# wait_for SECONDS COMMAND...: true as soon as the command is.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}

stop() {
    local pid_file
    for pid_file in "$state"/run/{slurmd,slurmctld,munged}.pid; do
        [ ! -s "$pid_file" ] || kill "$(cat "$pid_file")" 2>/dev/null
    done
}

has() { # PROGRAM...: the tree itself, and not the system, has them
    local program missing=
    for program in "$@"; do
        [ -x "$tree/bin/$program" ] || [ -x "$tree/sbin/$program" ] || missing+=" $program"
    done
    [ -z "$missing" ] || { echo "the tree has no$missing"; return 1; }
    [ ! -e /opt/slurm/software/lib ] || { echo "the build prefix exists here: nothing would be proved"; return 1; }
    id -un >/dev/null || return 1
    # Slurm asks getaddrinfo(3) for the families that the host has an address of. The loopback's does not count, but
    # when there is none of any family, none is left out: IPv6 has to be there for that.
    grep -qs . /proc/net/if_inet6 || [ "$(grep -c : /proc/net/dev)" -gt 1 ] ||
        { echo "the kernel has no IPv6, without which Slurm cannot use a loopback alone"; return 1; }
    slurmctld -V
}

authenticate() { # makes the keys, starts the daemon if there is one, and prints the lines for slurm.conf to $state/auth
    if [ -x "$tree/sbin/munged" ]; then
        one_node_munged "$state" || return 1
        one_node_munge_lines "$state" >"$state/auth"
        munge -S "$state/run/munge" -n | unmunge -S "$state/run/munge" | grep '^STATUS.*Success'
        return
    fi
    if [ ! -e "$tree/lib/slurm/auth_slurm.so" ]; then
        echo "the tree has neither munged nor the plugin auth/slurm"
        return 1
    fi
    head -c 32 /dev/urandom >"$state/etc/slurm.key"
    chmod 600 "$state/etc/slurm.key"
    printf '%s\n' AuthType=auth/slurm CredType=cred/slurm >"$state/auth"
    echo "auth/slurm with a key"
}

configure() { # unusual ports: the backend without isolation shares the host's
    local port=$((20000 + RANDOM)) lines
    mapfile -t lines <"$state/auth"
    one_node_conf "$state" CommunicationParameters=EnableIPv6 \
        "SlurmctldPort=$port" "SlurmdPort=$((port + 1))" "${lines[@]}"
}

node_state() { timeout 5 sinfo -h -o %t 2>/dev/null; }
node_is_idle() { [ "$(node_state)" = idle ]; }
node_turns_idle() {
    wait_for 30 node_is_idle || { echo "after 30 s the node is '$(node_state)'"; return 1; }
    timeout 5 sinfo -h
}
start_daemon() { # it says where it cannot start only in its log, and ends
    "$1" || return 1
    wait_for 10 test -s "$state/run/$1.pid" || { echo "no process id after 10 s"; return 1; }
    kill -0 "$(cat "$state/run/$1.pid")" 2>/dev/null || { echo "it ended again; its log says why"; return 1; }
}
controller_answers() {
    local said
    said=$(timeout 10 scontrol ping)
    echo "$said"
    grep -q ' UP$' <<<"$said"
}
srun_names_the_host() {
    local said program=hostname
    command -v hostname >/dev/null || program="uname -n"
    # shellcheck disable=SC2086 # two words
    said=$(timeout 60 srun $program 2>&1)
    echo "$said"
    [ "$said" = "$(uname -n)" ]
}
batch_is_done() { grep -q in-step "$state/log/job.out" 2>/dev/null && [ -z "$(timeout 5 squeue -h)" ]; }
batch_job_runs() { # a step in it as well
    timeout 20 sbatch -D /tmp -o "$state/log/job.out" --wrap 'echo in-batch; srun echo in-step' || return 1
    wait_for 60 batch_is_done || { echo "it did not end within 60 s:"; cat "$state/log/job.out"; return 1; }
}
plugins_come_from_the_tree() {
    local said
    said=$(timeout 10 scontrol show config | grep '^PluginDir') || return 1
    echo "$said"
    grep -q " = $tree/lib/slurm\$" <<<"$said"
}

one_node_directories "$state"
step version has srun sbatch sinfo scontrol squeue slurmctld slurmd slurmstepd
step authentication authenticate
step configuration configure
step slurmctld start_daemon slurmctld
step slurmd start_daemon slurmd
step "scontrol ping" controller_answers
step sinfo node_turns_idle
step srun srun_names_the_host
step sbatch batch_job_runs
step plugins plugins_come_from_the_tree
stop
