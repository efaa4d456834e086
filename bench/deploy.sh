#!/bin/bash
# deploy.sh TOOL BUNDLE [NEXT_BUNDLE] [RUNS]: one tarball on 1, 8 and 64 nodes, against clush with tar.
#
# The nodes are sshd processes of this machine (tests/support/ssh_nodes.sh), so that all of them unpack on its cores and one
# disk. clush (Debian's clustershell) feeds the tarball to `tar -xz` on each over the same ssh with the same fan-out. Prints
# medians of RUNS (3) runs that alternate, with other numbers of nodes where COUNTS names them. With NEXT_BUNDLE also what
# --delta sends from BUNDLE to it. Needs root.
set -euo pipefail
if [[ -z ${SF_PRIVATE_MOUNTS:-} ]]; then
    SF_PRIVATE_MOUNTS=yes exec unshare --mount --propagation private "$0" "$@"
fi
tool=$(realpath "$1") bundle=$(realpath "$2") next=${3:+$(realpath "$3")} runs=${4:-3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab=$(mktemp -d "${TMPDIR:-/tmp}/sf-deploy.XXXXXX")
children=()
cleanup() {
    for child in "${children[@]}"; do { kill -9 "$child" && wait "$child"; } 2>/dev/null || true; done
    rm -rf "$lab"
}
trap cleanup EXIT
. "$here/../tests/support/ssh_nodes.sh"
have_ssh
most=64 fanout=32
set_up_nodes "$most"
for ((i = 1; i <= most; i++)); do start_node "$i"; done
for ((i = 1; i <= most; i++)); do until node_listens "$i"; do sleep 0.1; done; done
size=$(stat -c %s "$bundle")
echo "the tarball has $size bytes; $(nproc) cores, fan-out $fanout"

empty() { rm -rf "$lab"/disk/*/slurm; sync; }
deploy() { "$tool" --quiet deploy "$1" --hosts "$2" --prefix "$lab/node/slurm" --ssh "$lab/ssh" --fanout "$fanout" "${@:3}"; }
with_clush() {
    clush -q -f "$fanout" -o "-F $lab/etc/ssh" -w "$1" "mkdir -p $lab/node/slurm && tar -xz -C $lab/node/slurm -f -$2" <"$bundle"
}
timed() { # FILE COMMAND...: adds its milliseconds to the file
    local start file=$1
    shift
    start=$(date +%s%N)
    "$@" >/dev/null
    echo $((($(date +%s%N) - start) / 1000000)) >>"$file"
}
median() { sort -n "$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

for count in ${COUNTS-1 8 64}; do
    hosts="node[01-$(printf %02d "$count")]"
    rm -f "$lab"/ms.*
    for _ in $(seq "$runs"); do
        empty && timed "$lab/ms.deploy" deploy "$bundle" "$hosts"
        empty && timed "$lab/ms.clush" with_clush "$hosts" ""
        empty && timed "$lab/ms.synced" with_clush "$hosts" " && sync -f $lab/node/slurm"
    done
    ours=$(median "$lab/ms.deploy") theirs=$(median "$lab/ms.clush") synced=$(median "$lab/ms.synced")
    echo "$count nodes: deploy $ours ms, clush with tar $theirs ms, the same and sync $synced ms" \
        "$(awk -v a="$ours" -v b="$theirs" -v c="$synced" 'BEGIN {printf "(ratios %.2f, %.2f)", a / b, a / c}')"
done
if [[ -n $next ]]; then
    for how in "" --delta; do
        empty
        deploy "$bundle" 'node[01-08]' >/dev/null
        start=$(date +%s%N)
        deploy "$next" 'node[01-08]' --events "$lab/events" $how >/dev/null
        ms=$((($(date +%s%N) - start) / 1000000))
        python3 - "$lab/events" "${how:-whole}" "$ms" "$(stat -c %s "$next")" <<'END'
import json, sys
sent = [e["bytes"] for e in map(json.loads, open(sys.argv[1])) if e["event"] == "host_finished"]
print(f"to the next release, 8 nodes, {sys.argv[2]}: {max(sent)} bytes a node of a tarball of {sys.argv[4]}, {sys.argv[3]} ms")
END
    done
fi
