#!/bin/bash
# The binary cache in a real registry (Debian's docker-registry), without and with a password, and what skopeo makes of
# it. Usage: registry_test.sh TEST_CACHE
set -euo pipefail
test_cache=$1

for program in docker-registry skopeo python3 zstd; do
    command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
work=$(mktemp -d)
registry=
cleanup() {
    [ -z "$registry" ] || kill "$registry" || true
    rm -rf "$work"
}
trap cleanup EXIT

. "$(dirname "$0")/../../support/registry.sh"

# check REPOSITORY SKOPEO_OPTION...: the module's own test, then skopeo's reading of the two entries that it pushed, one
# with gzip and one with zstd
check() {
    SF_TEST_REGISTRY=oci://127.0.0.1:$port/$1 "$test_cache" --gtest_filter='RemoteTest.ARealRegistry'
    local image=docker://127.0.0.1:$port/$1
    shift
    local key
    skopeo list-tags --tls-verify=false "$@" "$image" >"$work/tags"
    sed -nE 's/.*"([0-9a-f]{64})".*/\1/p' "$work/tags" >"$work/keys"
    while read -r key; do
        read_back "$key" "$image" "$@"
    done <"$work/keys" | sort >"$work/kinds"
    printf 'gzip\nzstd\n' | diff - "$work/kinds" || { echo "FAIL: skopeo does not list one entry of each kind"; exit 1; }
}

# read_back KEY IMAGE SKOPEO_OPTION...: prints what the entry is compressed with
read_back() {
    local key=$1 image=$2 kind layer diff_id
    shift 2
    skopeo inspect --tls-verify=false "$@" "$image:$key" >"$work/inspect"
    grep -q '"Architecture": "amd64"' "$work/inspect"
    grep -q '"Created": "2020-01-01T00:00:00Z"' "$work/inspect"
    skopeo copy -q --insecure-policy --src-tls-verify=false "${@/--creds/--src-creds}" "$image:$key" "oci:$work/copy:$key"
    # The first layer is a whole tar, and the one that the config names.
    python3 - "$work/copy" >"$work/names" <<'END'
import json, sys
def blob(descriptor):
    return sys.argv[1] + "/blobs/" + descriptor["digest"].replace(":", "/")
manifest = json.load(open(blob(json.load(open(sys.argv[1] + "/index.json"))["manifests"][0])))
layer = manifest["layers"][0]
print(layer["mediaType"].rpartition("+")[2], blob(layer), json.load(open(blob(manifest["config"])))["rootfs"]["diff_ids"][0])
END
    read -r kind layer diff_id <"$work/names"
    "$kind" -dc <"$layer" >"$work/tar"
    tar -tf "$work/tar" >"$work/list"
    grep -qx software/bin/program "$work/list"
    [ "sha256:$(sha256sum <"$work/tar" | cut -d ' ' -f 1)" = "$diff_id" ]
    rm -rf "$work/copy"
    echo "$kind"
}

start_registry open
check group/cache
kill "$registry"
wait "$registry" || true

# robot:sesame
echo 'robot:$2b$05$6xTThdgrmijs5zRZZMtqiO9BBHkKkA5/cR2f1zmDB81WneB6mj46m' >"$work/htpasswd"
start_registry closed "auth: {htpasswd: {realm: test, path: $work/htpasswd}}"
mkdir "$work/docker"
printf '{"auths":{"127.0.0.1:%s":{"auth":"cm9ib3Q6c2VzYW1l"}}}' "$port" >"$work/docker/config.json"
export DOCKER_CONFIG=$work/docker
check cache --creds robot:sesame
kill "$registry"
wait "$registry" || true
registry=

# https, with a token server: in a mount namespace, whose hosts and authorities are the test's own.
if [ "$(id -u)" -ne 0 ]; then
    echo "PASS (without https and tokens, which take root)"
    exit 0
fi
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=registry.test -addext subjectAltName=DNS:registry.test \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
cat /etc/ssl/certs/ca-certificates.crt "$work/cert.pem" >"$work/authorities"
{ cat /etc/hosts && echo "127.0.0.1 registry.test"; } >"$work/hosts"
token_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 "$(dirname "$0")/token_server.py" "$work/cert.pem" "$work/key.pem" "$token_port" robot sesame &
tokens=$!
trap 'kill $tokens; cleanup' EXIT
start_registry tokens "auth: {token: {realm: 'https://registry.test:$token_port/token', service: test, issuer: test,
    rootcertbundle: $work/cert.pem}}" "{certificate: $work/cert.pem, key: $work/key.pem}"
mkdir "$work/bin"
cat >"$work/bin/docker-credential-test" <<END
#!/bin/sh
[ "\$1 \$(cat)" = "get registry.test:$port" ] && echo '{"ServerURL": "", "Username": "robot", "Secret": "sesame"}'
END
chmod 755 "$work/bin/docker-credential-test"
in_test_world() {
    unshare --mount sh -c 'mount --bind "$1/hosts" /etc/hosts &&
        mount --bind "$1/authorities" /etc/ssl/certs/ca-certificates.crt && shift && exec "$@"' sh "$work" "$@"
}
push() {
    in_test_world env SF_TEST_REGISTRY="oci://registry.test:$port/group/cache" "$test_cache" \
        --gtest_filter='RemoteTest.ARealRegistry'
}
printf '{"auths":{"registry.test:%s":{"auth":"cm9ib3Q6c2VzYW1l"}}}' "$port" >"$work/docker/config.json"
push
printf '{"credHelpers":{"registry.test:%s":"test"}}' "$port" >"$work/docker/config.json"
PATH=$work/bin:$PATH push
printf '{"auths":{"registry.test:%s":{"identitytoken":"sesame"}}}' "$port" >"$work/docker/config.json"
push
printf '{"auths":{"registry.test:%s":{"auth":"cm9ib3Q6d3Jvbmc="}}}' "$port" >"$work/docker/config.json" # robot:wrong
if push >"$work/refused"; then
    echo "FAIL: a wrong password opens the registry"
    exit 1
fi
grep -q "401" "$work/refused"
in_test_world skopeo list-tags --creds robot:sesame "docker://registry.test:$port/group/cache" | grep -Eq '"[0-9a-f]{64}"'
echo "PASS"
