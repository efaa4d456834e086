#!/bin/bash
# The binary cache in a real registry (Debian's docker-registry), without and with a password, and what skopeo makes of
# it. Usage: registry_test.sh TEST_CACHE
set -euo pipefail
test_cache=$1

for program in docker-registry skopeo python3; do
    command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
work=$(mktemp -d)
registry=
cleanup() {
    [ -z "$registry" ] || kill "$registry" || true
    rm -rf "$work"
}
trap cleanup EXIT

# start NAME [CONFIGURATION]: on a port of its own, which goes to $port
start() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >"$work/$1.yml" <<END
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/$1}}
http: {addr: "127.0.0.1:$port"}
${2:-}
END
    docker-registry serve "$work/$1.yml" >"$work/$1.log" 2>&1 &
    registry=$!
    for _ in $(seq 100); do
        curl -s -o /dev/null "http://127.0.0.1:$port/v2/" && return
        sleep 0.1
    done
    echo "FAIL: the registry did not come up"
    cat "$work/$1.log"
    exit 1
}

# check REPOSITORY SKOPEO_OPTION...: the module's own test, then skopeo's reading of what it pushed
check() {
    SF_TEST_REGISTRY=oci://127.0.0.1:$port/$1 "$test_cache" --gtest_filter='RemoteTest.ARealRegistry'
    local image=docker://127.0.0.1:$port/$1
    shift
    local key
    skopeo list-tags --tls-verify=false "$@" "$image" >"$work/tags"
    key=$(sed -nE '0,/"[0-9a-f]{64}"/s/.*"([0-9a-f]{64})".*/\1/p' "$work/tags")
    [ -n "$key" ] || { echo "FAIL: skopeo lists no key"; exit 1; }
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
print(blob(manifest["layers"][0]), json.load(open(blob(manifest["config"])))["rootfs"]["diff_ids"][0])
END
    read -r layer diff_id <"$work/names"
    tar -tzf "$layer" >"$work/list"
    grep -qx software/bin/program "$work/list"
    [ "sha256:$(gzip -dc "$layer" | sha256sum | cut -d ' ' -f 1)" = "$diff_id" ]
    rm -rf "$work/copy"
}

start open
check group/cache
kill "$registry"
wait "$registry" || true

# robot:sesame
echo 'robot:$2b$05$6xTThdgrmijs5zRZZMtqiO9BBHkKkA5/cR2f1zmDB81WneB6mj46m' >"$work/htpasswd"
start closed "auth: {htpasswd: {realm: test, path: $work/htpasswd}}"
mkdir "$work/docker"
printf '{"auths":{"127.0.0.1:%s":{"auth":"cm9ib3Q6c2VzYW1l"}}}' "$port" >"$work/docker/config.json"
export DOCKER_CONFIG=$work/docker
check cache --creds robot:sesame
echo "PASS"
