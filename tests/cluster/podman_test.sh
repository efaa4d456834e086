#!/bin/bash
# podman_test.sh TOOL [VERSION]: a real minimal Slurm as an image: podman runs its slurmctld, which answers.
for program in podman crun; do
    command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
. "$(dirname "$0")/test_lib.sh"
trap 'podman_here rm --all --force >/dev/null 2>&1 || true; rm -rf "$lab"' EXIT

# crun refuses hosts whose cgroups are of both versions, even when it is to leave them alone; limits of the host's may be
# lower than podman's own.
podman_here() {
    unshare --mount --net sh -c '"$0"; umount -l /sys/fs/cgroup/unified 2>/dev/null || true; exec podman "$@"' \
        "$here/loopback.sh" --root "$lab/podman" --runroot "$lab/run" --runtime crun "$@"
}
run_here() { podman_here run --network host --cgroups=disabled --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 "$@"; }

step "the image, and again under another name"
"$tool" build --slurm-version "$version" --minimal --output "$lab/builds"
"$tool" bundle --slurm-version "$version" --minimal --oci "oci:$lab/layout:one"
blobs=$(find "$lab/layout/blobs" -type f | wc -l)
"$tool" bundle --slurm-version "$version" --minimal --oci "oci:$lab/layout:two"
[ "$(find "$lab/layout/blobs" -type f | wc -l)" = "$blobs" ] || { echo "layers are not shared"; exit 1; }

step "podman"
cd "$lab" # podman names the image after the path, which must have no capitals
image=$(podman_here pull --quiet oci:layout:one)
mkdir "$lab/etc"
cat >"$lab/etc/slurm.conf" <<END
ClusterName=image
SlurmctldHost=$(hostname)(192.0.2.1)
SlurmUser=root
AuthType=auth/none
CredType=cred/none
StateSaveLocation=/tmp
SlurmctldPidFile=/tmp/slurmctld.pid
ProctrackType=proctrack/pgid
NodeName=node[1-4] NodeHostname=$(hostname)
PartitionName=all Nodes=ALL Default=YES
END
answer=$(run_here --rm --volume "$lab/etc:/etc/slurm:ro" "$image" sh -c '
    slurmctld -D >/tmp/log 2>&1 &
    for _ in $(seq 100); do
        scontrol ping 2>/dev/null | grep "is UP" && sinfo -h -o %D && exit
        sleep 0.2
    done
    cat /tmp/log')
echo "$answer"
[ "$answer" = "Slurmctld(primary) at $(hostname) is UP
4" ]
