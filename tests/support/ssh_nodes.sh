# Sourced by tests and benchmarks of `deploy`: nodes that are real sshd processes, each on a loopback address of its own and
# in mount and process namespaces of its own. Whoever sources it is root in a private mount namespace, sets `lab` (a
# directory) and `children` (an array of processes to kill at the end), and then calls set_up_nodes.
#
# Node I is nodeI (two digits), its directory $lab/disk/NODE, which the node itself sees as $lab/node.
# shellcheck shell=bash disable=SC2154 # lab
declare -A node_pid
node_name() { printf 'node%02d' "$1"; }
address() { echo "127.0.1.$1"; }

have_ssh() {
    sshd=$(command -v sshd || command -v /usr/sbin/sshd) && command -v ssh ssh-keygen >/dev/null
}

set_up_nodes() { # COUNT: keys, ssh's configuration, and $lab/ssh, an ssh that knows the nodes
    mkdir -p "$lab"/{node,disk,keys,etc,log,home} /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f "$lab/keys/host"
    ssh-keygen -q -t ed25519 -N '' -f "$lab/keys/user"
    cp "$lab/keys/user.pub" "$lab/keys/authorized"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.1.1", 0)); print(s.getsockname()[1])')
    cat >"$lab/etc/ssh" <<END
Port $port
User root
IdentityFile $lab/keys/user
IdentitiesOnly yes
UserKnownHostsFile $lab/keys/known
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
LogLevel ERROR
END
    local i
    for ((i = 1; i <= $1; i++)); do
        printf 'Host %s\n  HostName %s\n' "$(node_name "$i")" "$(address "$i")" >>"$lab/etc/ssh"
        printf '[%s]:%s %s\n' "$(address "$i")" "$port" "$(cut -d ' ' -f 1-2 "$lab/keys/host.pub")" >>"$lab/keys/known"
    done
    printf '#!/bin/sh\nexec ssh -F %s "$@"\n' "$lab/etc/ssh" >"$lab/ssh"
    chmod +x "$lab/ssh"
}

# sshd takes the first SetEnv only, so a line with one sets HOME=$lab/home as well: the start files of whoever runs this are
# not the nodes', and what they run would be killed with a node, and leave its locks.
start_node() { # NUMBER [LINE OF sshd_config]...: returns at once; see node_listens
    local name number=$1
    shift
    name=$(node_name "$number")
    mkdir -p "$lab/disk/$name"
    { printf '%s\n' "$@"
      cat <<END
ListenAddress $(address "$number"):$port
HostKey $lab/keys/host
AuthorizedKeysFile $lab/keys/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
SetEnv HOME=$lab/home
END
    } >"$lab/etc/$name"
    unshare --mount --pid --fork --kill-child --mount-proc sh -c \
        "mount --bind '$lab/disk/$name' '$lab/node' && exec '$sshd' -D -e -f '$lab/etc/$name'" >"$lab/log/$name" 2>&1 &
    node_pid[$number]=$!
    children+=("$!")
}
node_listens() { grep -q 'Server listening' "$lab/log/$(node_name "$1")"; }
kill_node() { # and all of its processes; nobody listens any more when this returns
    local first
    first=$(ps -o pid= --ppid "${node_pid[$1]}") || return 0
    # shellcheck disable=SC2086 # process ids
    { kill -9 $first && wait "${node_pid[$1]}"; } 2>/dev/null || true
}
