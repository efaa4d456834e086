# $1: the root file system, $2: user and group, $3: the command, $4: where /dev is in it, as a path without links;
# the files by which a process joins control groups; --; then three words for each directory shown: where it is, where
# it is to be seen, and whether it is ro or rw.
#
# The system may be a stranger's. So its programs see a few devices only, have no terminal that they could type into,
# and nothing of the environment; the user is a number that chroot(1) does not look up in the system's files. In a
# user namespace a mount may gain options and not lose them, and not be taken apart from what is mounted below it.
root=$1 user=$2 command=$3 dev=$root$4
shift 4
while [ "$1" != -- ]; do
    echo 0 >"$1" || exit 125
    shift
done
shift
mount --bind "$root" "$root" && mount -t tmpfs -o nosuid,noexec,mode=755 tmpfs "$dev" || exit 125
for device in null zero full random urandom tty; do
    : >"$dev/$device" && mount --bind "/dev/$device" "$dev/$device" || exit 125
done
mount -o remount,ro,nosuid,nodev,bind "$root" || exit 125
while [ $# -gt 0 ]; do
    mount --bind "$1" "$root$2" && mount -o "remount,$3,nosuid,nodev,bind" "$root$2" || exit 125
    shift 3
done
exec env -i "PATH=$PATH" LC_ALL=C HOME=/ setsid chroot --userspec="$user" --groups= "$root" /bin/sh -c "$command"
