#!/bin/bash
# hardening.sh TREE OTHER [JOBS] [ROUNDS]: what a burst of sbatch costs on two trees of one Slurm, such as one built with
# --hardening default and one with --hardening none. TREE and OTHER are unpacked software/ directories. Each round starts
# a cluster of one node from either tree, in namespaces of its own, submits JOBS jobs (2000) and waits until all have
# run. The trees alternate, and which comes first does too. By hand, as root.
#
# Prints a line for each run, and then, for each tree, medians over ROUNDS (5), and the median of the rounds' ratios. On
# a machine with other load only CPU seconds mean something, and those of runs after one another differ by 20 % there.
# With TOGETHER=yes both trees run at the same time, as two clusters, so that the load is the same for both.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$here/..

# ---- inside of the namespaces: hardening.sh --inside STATE TREE JOBS TOGETHER
burst() {
    local state=$1 tree=$2 jobs=$3 together=$4 controller start end server clients ready
    # shellcheck source=smoke/one_node.sh
    . "$state/one_node.sh"
    export PATH=$tree/bin:$tree/sbin:$PATH SLURM_CONF=$state/etc/slurm.conf
    one_node_directories "$state"
    one_node_munged "$state"
    until munge -S "$state/run/munge" -n >/dev/null 2>&1; do sleep 0.1; done
    mapfile -t lines < <(one_node_munge_lines "$state")
    # More CPUs than there are: it is the controller that is to be busy.
    one_node_conf "$state" "${lines[@]}" MaxJobCount=100000 SlurmdParameters=config_overrides SlurmctldDebug=error
    sed -i 's/CPUs=2/CPUs=64/' "$SLURM_CONF"
    slurmctld
    slurmd
    until [ "$(timeout 5 sinfo -h -o %t)" = idle ]; do sleep 0.1; done
    controller=$(cat "$state/run/slurmctld.pid")
    # PID FIELD: ticks in user and kernel mode, two fields behind the command's name (proc(5)).
    used() { sed 's/.*) //' "/proc/$1/stat" | awk -v f="$2" '{print $f + $(f + 1)}'; }
    local own=12 of_children=14
    # Each job writes a byte when it is done. Asking the controller again and again would add to its work.
    printf '#!/bin/sh\nprintf . >>%q\n' "$state/done" >"$state/job"
    : >"$state/done"
    : >"$state/ready"
    until ready=("$state"/../*/ready) && [ ${#ready[@]} = "$together" ]; do sleep 0.1; done
    server=$(used "$controller" $own) clients=$(used $$ $of_children) start=$(date +%s%N)
    for ((i = 0; i < jobs; i++)); do sbatch -Q -D /tmp -o /dev/null "$state/job" >/dev/null; done
    clients=$(($(used $$ $of_children) - clients))
    until [ "$(stat -c %s "$state/done")" = "$jobs" ]; do sleep 0.1; done
    until [ -z "$(timeout 60 squeue -h)" ]; do sleep 0.2; done
    end=$(date +%s%N) server=$(($(used "$controller" $own) - server))
    awk -v t="$(getconf CLK_TCK)" -v c="$server" -v s="$clients" -v w=$((end - start)) -v j="$jobs" \
        'BEGIN { printf "%.2f %.2f %.1f\n", c / t, s / t, j / (w / 1e9) }'
    scontrol shutdown
}
if [ "$1" = --inside ]; then
    shift
    burst "$@"
    exit
fi

trees=("$(realpath "$1")" "$(realpath "$2")") jobs=${3:-2000} rounds=${4:-5}
lab=$(mktemp -d /tmp/hardening.XXXXXX)
trap 'rm -rf "$lab"' EXIT
chmod 755 "$lab"
cp "$top/smoke/one_node.sh" "$lab/"
run() { # NUMBER of the tree, ROUND, how many run at the same time
    local state=$lab/$2-$1
    mkdir "$state"
    cp "$lab/one_node.sh" "$state/"
    "$top/tests/cluster/in_namespaces.sh" / "$lab" "$here/hardening.sh" --inside "$state" "${trees[$1]}" "$jobs" "$3" \
        >"$lab/said.$1"
    echo "$1 $(tail -n 1 "$lab/said.$1")" | tee -a "$lab/results"
}
echo "tree, CPU s of slurmctld, CPU s of the sbatch commands, jobs/s"
for ((round = 0; round < rounds; round++)); do
    if [ -n "${TOGETHER:-}" ]; then
        run 0 "$round" 2 &
        run 1 "$round" 2
        wait $!
    else
        run $((round % 2)) "$round" 1
        rm -rf "$lab/$round"-*
        run $(((round + 1) % 2)) "$round" 1
    fi
    rm -rf "$lab/$round"-*
done
python3 - "$lab/results" <<'END'
import statistics
import sys

runs = [[float(word) for word in line.split()] for line in open(sys.argv[1])]
for tree in (0, 1):
    of_tree = [run[1:] for run in runs if run[0] == tree]
    print("median of tree", tree, [round(statistics.median(column), 2) for column in zip(*of_tree)])
pairs = [sorted(runs[i:i + 2]) for i in range(0, len(runs), 2)]
for place, name in ((1, "CPU s of slurmctld"), (2, "CPU s of sbatch"), (3, "jobs/s")):
    print("first tree / second,", name, round(statistics.median(a[place] / b[place] for a, b in pairs), 4))
END
