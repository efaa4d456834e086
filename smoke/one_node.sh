# A cluster of one node, this one: what `verify --run` and the tests of clusters share. Each sources it; PATH has the
# programs, and all that is written lies below STATE, which the caller owns.
# shellcheck shell=bash

# one_node_directories STATE
one_node_directories() {
    mkdir -p "$1"/{etc,spool,save,log,run,munge}
    chmod 755 "$1" "$1/run"
    chmod 700 "$1/munge"
}

# one_node_munged STATE: starts it with a key of its own.
one_node_munged() {
    head -c 1024 /dev/urandom >"$1/munge/key"
    chmod 400 "$1/munge/key"
    munged --key-file="$1/munge/key" --socket="$1/run/munge" --log-file="$1/log/munged.log" \
        --pid-file="$1/run/munged.pid" --seed-file="$1/munge/seed" --num-threads=2 --force
}

# one_node_conf STATE LINE...: writes etc/slurm.conf and etc/cgroup.conf; the lines come on top. Whoever calls it runs
# the daemons. No line asks for cgroups, devices or a database.
one_node_conf() {
    local state=$1 name user
    shift
    name=$(uname -n)
    user=$(id -un)
    cat >"$state/etc/slurm.conf" <<CONF
ClusterName=proof
SlurmctldHost=$name(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
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
NodeName=$name NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
    printf '%s\n' "$@" >>"$state/etc/slurm.conf"
    echo "CgroupPlugin=disabled" >"$state/etc/cgroup.conf"
    # 22.05 does not know the key, 23.02 not this value.
    case $(slurmctld -V) in *" 22."* | *" 23.02"*) rm "$state/etc/cgroup.conf" ;; esac
}

# one_node_munge_lines STATE: for one_node_conf, where munged authenticates.
one_node_munge_lines() {
    printf '%s\n' AuthType=auth/munge "AuthInfo=socket=$1/run/munge" CredType=cred/munge
}
