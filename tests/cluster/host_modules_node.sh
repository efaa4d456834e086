#!/bin/bash
# host_modules_node.sh TREE MODULES MODULE: what programs of the host load from the tree (docs/host-modules.md), in a cluster
# of one node: glibc's name service takes users from libnss_slurm, the system's sshd lets in who has a job here. With the
# files that `init --with nss,pam` wrote beside this script, in init/. Root of a file system that is thrown away, with
# sshd, ssh and useradd.
. "$(dirname "$0")/node_lib.sh"

mkdir -p /opt/slurm /etc/slurm /run/sshd
ln -s "$tree" /opt/slurm/d
export PATH=$tree/bin:$tree/sbin:$PATH
files=$(dirname "$0")/init/etc
for user in alice bob; do useradd --create-home --shell /bin/bash "$user"; done
as() { # USER COMMAND...
    local user=$1
    shift
    setpriv --reuid "$user" --regid "$user" --clear-groups env HOME="/home/$user" "$@"
}

# ---- a cluster; where the freezer of cgroup v1 is to be had, jobs are in control groups
start_munge
mapfile -t lines < <(grep -E '^(PrologFlags|LaunchParameters)=' "$files/slurm/slurm.conf")
write_slurm_conf "${lines[@]}"
in_cgroups=no
if [ -w /sys/fs/cgroup/freezer ]; then
    in_cgroups=yes
    sed -i 's|^ProctrackType=.*|ProctrackType=proctrack/cgroup|' "$SLURM_CONF"
    echo "CgroupPlugin=cgroup/v1" >"$state/etc/cgroup.conf"
    trap remove_cgroups EXIT
fi
ln -s "$state"/etc/{slurm,cgroup}.conf /etc/slurm/ # sshd has nobody's environment
start_slurm
job=$(as alice sbatch --parsable -D /tmp -o /dev/null --wrap "sleep 600")
job_runs() { [ "$(timeout 5 squeue -h -j "$job" -o %T)" = RUNNING ]; }
eventually "alice has a job" job_runs

# ---- glibc's name service
libraries=$(ldd /bin/bash | sed -n 's|.*=> \(.*\)/libc.so.6 .*|\1|p')
ln -s /opt/slurm/d/lib/libnss_slurm.so.2 "$libraries/"
sed "s|^SlurmdSpoolDir=.*|SlurmdSpoolDir=$state/spool|" "$files/nss_slurm.conf" >/etc/nss_slurm.conf
in_job() { as alice timeout 60 srun --overlap --jobid "$job" "$@"; }
entry="^alice:[x*]:$(id -u alice):$(id -g alice):.*:/home/alice:/bin/bash\$"
expect "the job's user" "$entry" "$(in_job getent -s slurm passwd)"
expect "by name" "$entry" "$(in_job getent -s slurm passwd alice)"
expect "by number" "$entry" "$(in_job getent -s slurm passwd "$(id -u alice)")"
expect "the job's group" "^alice:[x*]:$(id -g alice):" "$(in_job getent -s slurm group)"
expect "the node's name" "node1" "$(in_job getent -s slurm ahosts node1)"
expect "nobody else" "^none\$" "$(in_job sh -c 'getent -s slurm passwd bob || echo none')"
expect "nobody outside of jobs" "^none\$" "$(getent -s slurm passwd alice || echo none)"
expect "beside another libslurm" "$entry" \
    "$(in_job env LD_PRELOAD="$tree/lib/slurm/libslurmfull.so" getent -s slurm passwd alice)"
sed -i 's/^\(passwd\|group\):/& slurm/' /etc/nsswitch.conf
expect "commands of Slurm in a job" "^$job .*alice" "$(in_job squeue -h -o '%i %u')"
loaded=$(in_job env LD_DEBUG=files getent -s slurm passwd 2>&1 | sed -n 's/.*calling init: //p')
expect "the library is loaded" "/libnss_slurm.so.2\$" "$loaded"
! grep -q libslurm <<<"$loaded" || fail "libnss_slurm brings libslurm along: $loaded"

# ---- sshd
ssh-keygen -q -t ed25519 -N '' -f "$state/etc/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$state/etc/key"
for user in alice bob root; do
    home=$(getent passwd "$user" | cut -d : -f 6)
    install -d -m 700 -o "$user" "$home/.ssh"
    install -m 600 -o "$user" "$state/etc/key.pub" "$home/.ssh/authorized_keys"
done
cat >"$state/etc/sshd_config" <<CONF
ListenAddress 127.0.0.1:2222
HostKey $state/etc/host_key
PidFile $state/run/sshd.pid
AuthorizedKeysFile .ssh/authorized_keys
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
CONF
cp "$files/pam.d/slurm-adopt" /etc/pam.d/
cp /etc/pam.d/sshd "$state/etc/pam.sshd"
stack() { # RULE: what sshd asks last whether an account may log in, as docs/host-modules.md says
    sed "/^@include common-account/a account $1" "$state/etc/pam.sshd" >/etc/pam.d/sshd
    grep -qF "$1" /etc/pam.d/sshd || fail "/etc/pam.d/sshd has no line @include common-account"
}
sed -i '/pam_systemd/d' /etc/pam.d/*
login() { # USER COMMAND: what the user sees
    timeout 60 ssh -F none -i "$state/etc/key" -o BatchMode=yes -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=INFO -p 2222 "$1@127.0.0.1" "$2" 2>&1
}
refused() { # USER MESSAGE
    local said
    said=$(login "$1" 'echo let in') && fail "$1 is let in: $said"
    expect "$1 is refused" "$2" "$said"
    expect "and hears no more" "Connection closed" "$said"
}
stack "include slurm-adopt"
env -i "$(command -v sshd)" -f "$state/etc/sshd_config" -E "$state/log/sshd.log"
refused bob "Access denied by pam_slurm_adopt: you have no active jobs on this node"
# shellcheck disable=SC2016 # for the shell at the other end
session=$(login alice 'echo "in job $SLURM_JOB_ID"; cat /proc/self/cgroup')
expect "alice is let in, and adopted" "^in job $job\$" "$session"
[ "$in_cgroups" = no ] ||
    expect "into the job's control group" ":freezer:.*/slurm/uid_$(id -u alice)/job_$job/step_extern" "$session"
expect "root is let in" "^let in\$" "$(login root 'echo let in')"

stack "required /opt/slurm/d/lib/security/pam_slurm.so"
refused bob "Access denied: user bob .* has no active jobs on this node"
expect "pam_slurm lets alice in" "^let in\$" "$(login alice 'echo let in')"

stack "include slurm-adopt"
if [ "$in_cgroups" = yes ]; then
    login alice 'exec sleep 601' >/dev/null &
    lasts() { pgrep -u alice -x -f 'sleep 601'; }
    eventually "a session that lasts" lasts
fi
scancel "$job"
ended() { ! pgrep -u alice && [ -z "$(timeout 5 squeue -h)" ]; }
eventually "sessions end with the job" ended
wait
refused alice "Access denied by pam_slurm_adopt: you have no active jobs on this node"
scontrol shutdown
eventually "daemons end" no_daemons
rm /etc/slurm/slurm.conf /opt/slurm/d
expect "root is let in without Slurm" "^let in\$" "$(login root 'echo let in')"
! login alice 'echo let in' || fail "without pam_slurm_adopt.so alice is let in"

kill "$(cat "$state/run/sshd.pid")"
stop_munge
trap - EXIT
[ "$in_cgroups" = no ] || remove_cgroups
rm -rf "$state"
echo "ok: the host loads what $tree has for it"
