#!/bin/bash
# full_node.sh TREE MODULES MODULE: the default build as a cluster of one node: accounting in MariaDB through slurmdbd,
# slurmrestd with JWT, PMIx steps, and every plugin that the features stand for. Exits 1 at the first thing that is not
# so.
#
# A MariaDB server listens on 127.0.0.1:3306 (mariadb.sh starts it). Beside this script are programs linked with the
# tree's libraries: pmix_probe prints "rank N of M", client "CLUSTER: task N of M".
. "$(dirname "$0")/node_lib.sh"

load_module
unset LD_LIBRARY_PATH SLURM_INSTALL_PREFIX

# ---- every feature is there and loads
"$(dirname "$0")/features.sh" "$tree" full

# ---- accounting, JWT
start_munge
dd if=/dev/urandom of="$state/etc/jwt.key" bs=32 count=1 status=none
chmod 600 "$state/etc/jwt.key"
write_slurm_conf "AuthAltTypes=auth/jwt" "AuthAltParameters=jwt_key=$state/etc/jwt.key" \
    "AccountingStorageType=accounting_storage/slurmdbd" "AccountingStorageHost=127.0.0.1" \
    "AccountingStoragePass=$state/run/munge" \
    "AccountingStorageEnforce=associations" "MpiDefault=none" \
    "JobAcctGatherType=jobacct_gather/linux" "JobAcctGatherFrequency=1"
sed -i '/^JobAcctGatherType=jobacct_gather\/none/d' "$SLURM_CONF"
cat >"$state/etc/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$state/run/munge
DbdHost=$(hostname)
DbdAddr=127.0.0.1
SlurmUser=root
PidFile=$state/run/slurmdbd.pid
LogFile=$state/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=3306
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct
CONF
chmod 600 "$state/etc/slurmdbd.conf"
slurmdbd
eventually "slurmdbd answers" timeout 5 sacctmgr -n list cluster
expect "the cluster is added" "proof" "$(sacctmgr -i add cluster proof 2>&1; sacctmgr -n list cluster format=cluster%20)"
sacctmgr -i add account science Cluster=proof Description=test Organization=test >/dev/null
sacctmgr -i add user root Account=science DefaultAccount=science >/dev/null
expect "the user is in the account" "root.*science" "$(sacctmgr -n show assoc format=user%20,account%20)"
start_slurm
expect "srun with an account" "^$(hostname)\$" "$(timeout 60 srun -A science -J counted hostname)"
job_is_counted() { timeout 5 sacct -n -X -a -o jobname%20,account%20,state%20 | grep -Eq 'counted +science +COMPLETED'; }
eventually "the job is in the accounting of MariaDB" job_is_counted

# ---- PMIx, PMI2
expect "srun knows pmix" "pmix" "$(srun --mpi=list 2>&1)"
expect "srun knows pmi2" "pmi2" "$(srun --mpi=list 2>&1)"
out=$(timeout 60 srun -A science -n2 --mpi=pmix env LD_LIBRARY_PATH="$tree/lib" "${0%/*}/pmix_probe" 2>&1 | sort)
expect "rank 0 of a PMIx step" "^rank 0 of 2\$" "$out"
expect "rank 1 of a PMIx step" "^rank 1 of 2\$" "$out"
expect "a PMI2 step" "^1\$" "$(timeout 60 srun -A science -n2 --mpi=pmi2 sh -c 'echo $PMI_RANK' | sort)"
out=$(timeout 60 srun -A science -n2 --mpi=pmi2 env LD_LIBRARY_PATH="$tree/lib-api" "${0%/*}/client" 2>&1 | sort)
expect "task 0 of a program of users in a PMI2 step" "^proof: task 0 of 2\$" "$out"
expect "task 1 of it" "^proof: task 1 of 2\$" "$out"

# ---- slurmrestd over TCP with a token
rest_uid=65533 # it refuses to be root or SlurmUser
token=$(scontrol token username=root lifespan=600)
token=${token#SLURM_JWT=}
expect "a JSON web token" '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$' "$token"
setpriv --reuid $rest_uid --regid $rest_uid \
    --clear-groups env SLURM_JWT=daemon SLURMRESTD_SECURITY=disable_user_check SLURM_CONF="$SLURM_CONF" \
    "$tree/sbin/slurmrestd" -f "$SLURM_CONF" -a rest_auth/jwt 127.0.0.1:6820 >"$state/log/slurmrestd.log" 2>&1 &
get() { # PATH: the answer of slurmrestd
    exec 9<>/dev/tcp/127.0.0.1/6820
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nX-SLURM-USER-NAME: root\r\nX-SLURM-USER-TOKEN: %s\r\nConnection: close\r\n\r\n' \
        "$1" "$token" >&9
    timeout 20 cat <&9
    exec 9>&-
}
listens() { (exec 9<>/dev/tcp/127.0.0.1/6820); }
eventually "slurmrestd listens" listens
api=$(setpriv --reuid $rest_uid --regid $rest_uid --clear-groups "$tree/sbin/slurmrestd" -d list 2>&1 | grep -oE 'data_parser/v[0-9.]+' | sort -V | tail -n 1 | sed 's|data_parser/||' || true)
expect "slurmrestd describes itself" '"openapi"' "$(get /openapi/v3)"
if [ -n "$api" ]; then # 22.05 has no data parsers
    expect "slurmrestd reaches the controller" '"pinged": *"UP"|"responding": *true' "$(get "/slurm/$api/ping/")"
    expect "slurmrestd reaches the accounting" '"proof"' "$(get "/slurmdb/$api/clusters/")"
fi

# ---- the end
daemons_use_the_tree slurmctld slurmd slurmdbd slurmrestd munged
kill %1
stop_slurm_dbd() { pkill -x slurmdbd || true; ! pidof slurmdbd; }
scontrol shutdown
eventually "daemons end" no_daemons
eventually "slurmdbd ends" stop_slurm_dbd
stop_munge
rm -rf "$state"
echo "ok: $tree is a whole cluster"
