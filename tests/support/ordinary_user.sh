# An ordinary user for tests that run as root: an account, and places that others may enter, which only this script sees.
# Source it in a mount namespace of one's own (unshare --mount --propagation private).
# shellcheck shell=bash disable=SC2034 # the variables are for the scripts

for program in newuidmap newgidmap; do
    command -v $program >/dev/null || { echo "skipped: needs $program (package uidmap)"; exit 77; }
done
user=4242
seen=/mnt # whoever may enter the places where the test's own files are, the user may enter this
mount -t tmpfs -o mode=755 tmpfs $seen
mkdir $seen/etc
touch /etc/subuid /etc/subgid $seen/etc/subuid $seen/etc/subgid
{ cat /etc/passwd; echo "fixture:x:$user:$user::$seen/home:/bin/sh"; } >$seen/etc/passwd
for file in passwd subuid subgid; do
    mount --bind $seen/etc/$file /etc/$file
done
install -d -o $user -g $user $seen/home

lend() { echo "fixture:$1" | tee $seen/etc/subuid >$seen/etc/subgid; } # FIRST:COUNT
lend_nothing() { : >$seen/etc/subuid; : >$seen/etc/subgid; }
as_user() { # COMMAND...
    setpriv --reuid $user --regid $user --clear-groups --inh-caps=-all env HOME=$seen/home "$@"
}
as_user unshare --user true 2>/dev/null || { echo "skipped: users may make no user namespaces here"; exit 77; }
