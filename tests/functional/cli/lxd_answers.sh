#!/bin/bash
# A daemon in LXD's place that answers with something else: one error each time, and no crash.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root main own

# ---- An image of a shell alone: no build gets so far that it needs more
small=$work/small
mkdir -p "$small"/{bin,dev,etc,proc,run,sys,tmp,usr,var/tmp}
for file in /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*'); do
    install -D "$(realpath "$file")" "$small$file"
done
run 0 "$TOOL" --root "$root" --images "$here/images" image import small "$small" --like tiny

# ---- The daemon
cat >"$work/daemon.py" <<'END'
import http.server, json, os, socketserver, sys
place, mode = sys.argv[1:]
GOOD = {"/1.0": {"auth": "trusted", "environment": {"server": "lxd", "server_version": "5.0"}},
        "/1.0/storage-pools": [{"name": "one", "driver": "dir"}],
        "/1.0/profiles/slurm-factory": {"config": {}, "devices": {}},
        "/1.0/instances": [], "/1.0/images": []}
ODD = [None, [], "text", 2**70, -1.5, True, {"environment": [], "config": 7, "devices": "none"}]

class Daemon(http.server.BaseHTTPRequestHandler):
    def answer(self):
        size = int(self.headers.get("Content-Length", 0))
        self.rfile.read(size)
        path = self.path.split("?")[0]
        sound = {"type": "sync", "metadata": GOOD.get(path, {})}
        kind, _, number = mode.partition("-")
        if kind == "deep":
            body = b'{"type": "sync", "metadata": ' + b"[" * 400000
        elif kind == "text":
            body = b"\x1b[31mno daemon\xff"
        elif kind == "error":
            body = json.dumps({"type": "error", "error_code": 2**70, "error": "\x1b[31mowned\nerror: forged"}).encode()
        elif kind == "endless":
            body = b" " * (65 << 20)
        elif kind == "operation":
            body = json.dumps({"type": "async", "operation": "/1.0/operations/x", "metadata": 1}).encode()
        else:  # the answers to all requests but the first two are odd
            odd = ODD[int(number)]
            if kind == "lists":
                odd = [odd] * 3
            if kind == "server" and isinstance(odd, dict):
                sound["metadata"] = dict(GOOD["/1.0"], **odd) if path == "/1.0" else sound["metadata"]
            elif path not in ("/1.0", "/1.0/storage-pools"):
                sound["metadata"] = odd
            body = json.dumps(sound).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass
    do_GET = do_POST = do_PUT = do_DELETE = answer
    def address_string(self):
        return "here"
    def log_message(self, *words):
        pass

class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

Server(place, Daemon).serve_forever()
END
try_daemon() { # MODE: $out is what a build says
    rm -f "$work/socket"
    python3 "$work/daemon.py" "$work/socket" "$1" &
    local daemon=$!
    children+=("$daemon")
    within 10 test -S "$work/socket" || fail "no daemon"
    LXD_SOCKET=$work/socket run 6 timeout --kill-after=1 60 "$TOOL" --root "$root" --images "$here/images" --image tiny \
        --recipes "$recipes" build --slurm-version 1.0 --toolchain small --backend lxd
    kill "$daemon"
    wait "$daemon" 2>/dev/null || true
    expect_in "$1: one error" "$out" "error: "
    expect_not_in "$1: no escape sequence" "$out" $'\e'
    expect_not_in "$1: no line of its own" "$out" $'\nerror: forged'
}
for mode in deep text error endless operation any-2 lists-6 server-6; do
    try_daemon "$mode"
done
expect_no_leftovers "after all of them"
finish
