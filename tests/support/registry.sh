# A real registry on the loopback: Debian's docker-registry.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of the scripts that source it, and for them

# start_registry NAME [CONFIGURATION [TLS]]: in $work/NAME, on a port of its own, which goes to $port; its
# process is $registry
start_registry() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >"$work/$1.yml" <<END
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/$1}}
http: {addr: "127.0.0.1:$port"${3:+, tls: $3}}
${2:-}
END
    docker-registry serve "$work/$1.yml" >"$work/$1.log" 2>&1 &
    registry=$!
    for _ in $(seq 100); do
        curl -sk -o /dev/null "http${3:+s}://127.0.0.1:$port/v2/" && return
        sleep 0.1
    done
    echo "FAIL: the registry did not come up"
    cat "$work/$1.log"
    exit 1
}
