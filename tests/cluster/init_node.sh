#!/bin/bash
# init_node.sh TREE MODULES MODULE: what `init` wrote (beside this script, in init/) on a host that has nothing else of
# Slurm: the controller of the tree takes it. Root of a whole file system that is thrown away.
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

# start UNIT: what its ExecStart says, as its user.
start() {
    local unit=/etc/systemd/system/$1.service user command
    user=$(sed -n 's/^User=//p' "$unit")
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
scontrol shutdown
rm -rf "$state"
echo "ok: what init wrote is a cluster"
