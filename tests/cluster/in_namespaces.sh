#!/bin/bash
# in_namespaces.sh ROOT DIRECTORY COMMAND...: runs the command as root of processes, network, host name and mounts of its
# own; all of it is gone when it ends. ROOT is the file system to run in: "/", the host's, or a directory, which is not
# changed; "/." is the host's without changing it. DIRECTORY of the host is shown there under the same name. With
# KEEP_NETWORK=yes the network is the caller's, who has set it up.
set -euo pipefail
root=$1 directory=$2
shift 2
inner='set -e
root=$1 directory=$2; shift 2
[ -n "${KEEP_NETWORK:-}" ] || "$SET_UP_NETWORK"
hostname node1
if [ "$root" = / ]; then
    mount -t tmpfs none /run
    mount -t proc proc /proc
    mount --bind "$HOSTS" /etc/hosts
    exec "$@"
fi
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/merged
mount -t overlay overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/merged
# Base images have an empty mount point where builds see the prefix; here that path must not exist.
rmdir /mnt/merged/opt/slurm/software 2>/dev/null || true
mkdir -p "/mnt/merged$directory"
mount --bind "$directory" "/mnt/merged$directory"
mount -t proc proc /mnt/merged/proc
mount --rbind /dev /mnt/merged/dev
mount --rbind /sys /mnt/merged/sys
cp "$HOSTS" /mnt/merged/etc/hosts
exec chroot /mnt/merged "$@"'
SET_UP_NETWORK=$(cd "$(dirname "$0")" && pwd)/loopback.sh
HOSTS=$(mktemp)
export HOSTS SET_UP_NETWORK
trap 'rm -f "$HOSTS"' EXIT
echo "127.0.0.1 localhost node1" >"$HOSTS"
chmod 644 "$HOSTS"
network=--net
[ -z "${KEEP_NETWORK:-}" ] || network=
unshare --fork --pid --kill-child --mount --uts $network --ipc --propagation private \
    sh -c "$inner" sh "$root" "$directory" "$@"
