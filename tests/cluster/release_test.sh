#!/bin/bash
# release_test.sh TOOL [VERSION [TARBALL]]: the release tarball (made by scripts/release.sh, unless it is given) works in a
# bare Debian bullseye, a bare Debian trixie, and one without apt, where a minimal Slurm comes from a binary cache that
# TOOL fills. By hand: it compiles the tool, and builds Slurm if TOOL's root has none.
. "$(dirname "$0")/test_lib.sh"

tarball=${3:-}
if [ -z "$tarball" ]; then
    step "release"
    "$here/../../scripts/release.sh" "$lab/release"
    tarball=$(echo "$lab"/release/*.tar.gz)
fi
build_bundle --minimal
step "cache"
"$tool" --root "$lab/keys" cache keys generate site --directory "$lab"
"$tool" cache push "$lab/cache" --slurm-version "$version" --minimal --key "$lab/site.key"
rm -r "$lab/keys" "$lab/site.key"
cp "$tarball" "$lab/tool.tar.gz"
cp "$here/release_https.sh" "$lab/"

# try IMAGE [apt]: "apt" takes apt away.
try() {
    step "the tool in $1${2:+ without apt}"
    "$here/in_namespaces.sh" "$(image_root "$1")" "$lab" "$lab/release_node.sh" "$lab" "$version" "${2:-}"
}
try bullseye-bare
try trixie-bare
try trixie-bare apt

step "https"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$lab/tls.key" -out "$lab/tls.pem" 2>/dev/null
python3 - "$lab" >"$lab/port" 2>/dev/null <<'P' &
import http.server, ssl, sys
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/tls.pem", sys.argv[1] + "/tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
P
server=$!
trap 'kill "$server"; rm -rf "$lab"' EXIT
for _ in $(seq 300); do [ ! -s "$lab/port" ] || break; sleep 0.1; done
KEEP_NETWORK=yes "$here/in_namespaces.sh" "$(image_root bullseye-bare)" "$lab" "$lab/release_https.sh" "$lab" "$(cat "$lab/port")"
echo "the release works on all of them"
