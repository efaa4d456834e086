#!/bin/bash
# `cache push --as`: a whole build as an image in a real registry, copied out by skopeo, unpacked by umoci and run by crun.
. "$(dirname "$0")/lib.sh"
for program in docker-registry skopeo umoci crun; do
    command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
usual_packages
new_root root
run 0 build

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/registry.yml" <<END
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: "127.0.0.1:$port"}
END
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
children+=("$!")
expect_true "the registry answers" within 10 curl -s -o /dev/null "http://127.0.0.1:$port/v2/"
registry=127.0.0.1:$port/slurm

# unpacked NAME SKOPEO_SOURCE [SKOPEO_OPTION]: the bundle for an OCI runtime, in $work/NAME
unpacked() {
    skopeo copy -q --insecure-policy --src-tls-verify=false "${@:3}" "$2" "oci:$work/$1.layout:run"
    umoci unpack --image "$work/$1.layout:run" "$work/$1" >/dev/null 2>&1
    python3 - "$work/$1/config.json" <<'END'
import json, sys
config = json.load(open(sys.argv[1]))
config["process"]["args"] = ["sh", "-c", "hello; echo $SLURM_INSTALL_PREFIX"]
config["process"]["terminal"] = False
# The host's cgroups may be mounted in any way; the image has nothing to do with it.
config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] not in ("cgroup", "network")]
config["linux"].pop("resources", None)
config["mounts"] = [m for m in config["mounts"] if m["type"] not in ("cgroup", "cgroup2", "sysfs")]
json.dump(config, open(sys.argv[1], "w"))
END
}
printed() { # NAME
    # crun refuses hosts whose cgroups are of both versions, even when it is to leave them alone.
    unshare --mount sh -c 'umount -l /sys/fs/cgroup/unified 2>/dev/null || true; exec crun --cgroup-manager=disabled run --bundle "$1" "$2"' sh \
        "$work/$1" "sf-run-image-$$-$1" </dev/null
}

run 0 factory cache push "oci://$registry" slurm@1.0 --as slurm-1.0 --base tiny
expect_in "packages are pushed too" "$out" "3 packages pushed"
run 0 unpacked from-registry "docker://$registry:slurm-1.0"
run 0 printed from-registry
expect_in "the program runs from its PATH" "$out" "hello"
expect_in "its prefix is known" "$out" "/software"
first=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$registry:slurm-1.0")
run 0 factory cache push "oci://$registry" slurm@1.0 --as again --base tiny
expect "the same image again" "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$registry:again")" "$first"

# Of zstd blobs, in a repository of their own; the base system's layer stays gzip.
run 0 factory cache push "oci://$registry/zstd" slurm@1.0 --as slurm-1.0 --base tiny --compression zstd
run 0 skopeo inspect --raw --tls-verify=false "docker://$registry/zstd:slurm-1.0"
kinds=$(python3 -c 'import json, sys
print(*(layer["mediaType"].rpartition("+")[2] for layer in json.load(sys.stdin)["layers"]))' <<<"$out")
expect "zstd on a base of gzip" "$kinds" "gzip zstd zstd"
run 0 unpacked from-zstd "docker://$registry/zstd:slurm-1.0" --dest-compress-format gzip # umoci 0.4 knows no zstd
run 0 printed from-zstd
expect_in "a program out of zstd layers runs" "$out" "hello"

# The same in a directory, where pruning lets it be.
remote=$work/remote
run 0 factory cache push "$remote" slurm@1.0 --as slurm-1.0 --base tiny
find "$remote" -type f -exec touch -d '100 days ago' {} +
run 0 factory cache prune "$remote" --keep-days 30
expect_in "the entries go" "$out" "3 entries removed"
run 0 unpacked from-directory "oci:$remote:slurm-1.0"
run 0 printed from-directory
expect_in "the image stays whole" "$out" "hello"

run 2 factory cache push "oci://$registry" slurm@1.0 --as 'a b'
expect_in "a tag is a word" "$out" "'a b' cannot name an image"
run 2 factory cache push "oci://$registry" slurm@1.0 --as x --base nonesuch
expect_in "an unknown base" "$out" "no base image is named 'nonesuch'"
finish
