#!/bin/bash
# init_node.sh TREE MODULES MODULE: what `init` wrote (beside this script, in init/) on a host that has nothing else of
# Slurm: the daemons of the tree take it and run a job. Root of a whole file system that is thrown away.
. "$(dirname "$0")/node_lib.sh"

cp -r "$(dirname "$0")/init/etc" /
while read -r kind name id _; do
    number=()
    [ "$id" = - ] || number=(--uid "$id")
    [ "$kind" != u ] || useradd --system --user-group --no-create-home "${number[@]}" "$name"
done </etc/sysusers.d/slurm.conf
while read -r kind directory mode user group _; do
    [ "$kind" != d ] || install -d -m "$mode" -o "$user" -g "$group" "$directory"
done </etc/tmpfiles.d/slurm.conf
mkdir -p /opt/slurm
for link in current dbd ctld d; do ln -s "$tree" "/opt/slurm/$link"; done

# The tree is of a minimal Slurm, which has no plugin for cgroup v2. Where the controllers of version 1 are not to be had,
# slurmd runs with what docs/user-guide.md says of such hosts: everything else of the files is tried all the same.
in_cgroups=yes
for controller in freezer cpuset cpuacct memory devices; do
    [ -w "/sys/fs/cgroup/$controller" ] || in_cgroups=no
done
if [ "$in_cgroups" = no ]; then
    echo "CgroupPlugin=disabled" >/etc/slurm/cgroup.conf
    sed -i -e 's|^ProctrackType=.*|ProctrackType=proctrack/linuxproc|' -e 's|^TaskPlugin=.*|TaskPlugin=task/none|' \
        -e 's|^JobAcctGatherType=.*|JobAcctGatherType=jobacct_gather/linux|' /etc/slurm/slurm.conf
fi

# start UNIT: what its ExecStart says, as its user.
start() {
    local unit=/etc/systemd/system/$1.service user command
    user=$(sed -n 's/^User=//p' "$unit")
    user=${user:-root}
    command=$(sed -n 's/^ExecStart=//p' "$unit")
    install -d -m 755 -o "$user" -g "$user" "/run/$(sed -n 's/^RuntimeDirectory=//p' "$unit")"
    # shellcheck disable=SC2086 # its words
    setpriv --reuid "$user" --regid "$user" --init-groups $command >"$state/log/$1.log" 2>&1 &
}
setpriv --reuid munge --regid munge --init-groups /opt/slurm/current/sbin/mungekey --create \
    --keyfile /etc/munge/munge.key
start munge
munge_answers() { /opt/slurm/current/bin/munge -n | /opt/slurm/current/bin/unmunge; }
eventually "munge answers" munge_answers
start slurmctld
export PATH=/opt/slurm/current/bin:$PATH
controller_is_up() { timeout 5 scontrol ping | grep -q ' UP$'; }
eventually "the controller takes the configuration" controller_is_up
config=$(scontrol show config)
expect "its name" "^ClusterName +?= mine\$" "$config"
expect "its user" "^SlurmUser +?= slurm\\(64030\\)\$" "$config"
expect "the nodes" "NodeName=node1 " "$(scontrol show node node1 --oneliner)"
! grep -E 'error: .*(pars|conf)|fatal' /var/log/slurm/slurmctld.log || fail "the controller complains of its file"
trap remove_cgroups EXIT
start slurmd
eventually "the node is idle" node_is_idle
[ -e /var/spool/slurmd/conf-cache/slurm.conf ] || fail "slurmd did not fetch its file from the controller"
job=$(timeout 30 srun sh -c 'uname -n; cat /proc/self/cgroup')
expect "a job runs" '^node1$' "$job"
[ "$in_cgroups" = no ] || expect "in a control group" '/slurm/uid_0/job_1/step_0' "$job"
! grep -E 'error: .*pars|fatal' /var/log/slurm/slurmd.log || fail "slurmd complains of its file"
scontrol shutdown
trap - EXIT
remove_cgroups
rm -rf "$state"
echo "ok: what init wrote is a cluster"
