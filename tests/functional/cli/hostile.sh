#!/bin/bash
# A build script that means harm: what it cannot do, and what is said of it.
. "$(dirname "$0")/lib.sh"
usual_packages
marker=sf-hostile-$$
processes() { pgrep -f "$marker" || true; }
options=()
try_build() { # STATUS STEP TEXT: one phase of slurm's is the text
    slurm_recipe "" "    $2: |
$(sed 's/^/      /' <<<"$3")"
    run "$1" build "${options[@]}"
}
mkdir -p "$work/home/.ssh"
echo secret-of-the-user >"$work/home/.ssh/id_ed25519"
image=$(ls -d "$image_root"/images/*/rootfs)
sum_of_image() { (cd "$image" && find . -type f -printf '%p %s %T@\n' | sort | sha256sum); }

reads_and_writes() { # RUNTIME: where it may not
    local log before place
    try_build 0 build "cat $work/home/.ssh/id_ed25519 /etc/shadow 2>&1 || true
env; ls / /home 2>&1 || true
cat $root/config.yaml 2>&1 || true
make"
    log=$(cat "$root"/logs/slurm-1.0-*.log)
    expect_not_in "$1: the user's keys are not to be read" "$log" "secret-of-the-user"
    expect_not_in "$1: nor the site's configuration" "$log" "retries: 0"
    expect_not_in "$1: nor is the user's environment there" "$log" "SF_TEST_ROOT"
    expect_in "$1: the package's log has what was refused" "$log" "id_ed25519: No such file" "/etc/shadow: Permission denied"
    before=$(sum_of_image)
    try_build 0 build "for place in /etc/passwd /usr/bin/gcc /sources/x /recipe/x /step/run.sh $work/x; do
    (echo owned >>\$place) 2>/dev/null && echo \"wrote \$place\"
    rm -f \$place 2>/dev/null && [ ! -e \$place ] && case \$place in /etc/*|/usr/*|/step/*) echo \"removed \$place\";; esac
done
make"
    log=$(cat "$root"/logs/slurm-1.0-*.log)
    for place in /etc/passwd /usr/bin/gcc /sources/x /recipe/x; do
        expect_not_in "$1: $place cannot be written" "$log" "wrote $place"
        expect_not_in "$1: $place cannot be removed" "$log" "removed $place"
    done
    expect "$1: the image is as it was" "$(sum_of_image)" "$before"
    expect "$1: nothing of the host was written" "$(ls "$work/x" 2>/dev/null)" ""
}

more_rights() { # RUNTIME: devices, mounts, other namespaces
    local log what
    try_build 0 build "mknod disk b 8 0 2>&1 && echo got a device
mount -t tmpfs none /mnt 2>&1 && echo got a mount
unshare -Ur true 2>&1 && echo got a namespace
for device in /dev/sda /dev/vda /dev/mem /dev/kmsg /dev/fuse; do
    [ -e \$device ] && echo \"sees \$device\"
done
cp /bin/sh sh && chmod u+s sh && echo made a setuid file of its own
kill -9 1 2>&1 && echo killed the init
make"
    log=$(cat "$root"/logs/slurm-1.0-*.log)
    for what in "got a device" "got a mount" "got a namespace" "sees /dev" "killed the init"; do
        expect_not_in "$1: it does not say: $what" "$log" "$what"
    done
    expect_in "$1: its log has what was refused" "$log" "mknod: disk: Operation not permitted"
    expect "$1: no setuid file is left on the host" \
        "$(find "$root" -path "$root/images" -prune -o -perm /6000 -print)" ""
}

# ---- Below both runtimes
for runtime in runc crun; do
    if ! command -v $runtime >/dev/null; then echo "not tried: $runtime is not installed"; continue; fi
    new_root $runtime
    options=(--runtime $runtime)
    reads_and_writes $runtime
    more_rights $runtime
done
new_root main
options=()

# ---- Ships what may not be shipped
try_build 5 install 'make install
cp /bin/sh "$PREFIX/bin/root-shell"
chmod 4755 "$PREFIX/bin/root-shell"'
expect_in "a setuid file is refused" "$out" "bin/root-shell" "setuid"
try_build 5 install 'make install
ln -s ../../../../../etc/shadow "$PREFIX/share/slurm/passwords"'
expect_in "a link out of the tree is refused" "$out" "share/slurm/passwords"
try_build 5 install 'make install
mkfifo "$PREFIX/share/slurm/pipe"'
expect_in "a pipe is refused" "$out" "share/slurm/pipe"

# ---- Leaves things running, and takes all there is
try_build 0 build "(setsid bash -c 'exec -a $marker sleep 86400' >/dev/null 2>&1 &)
(nohup bash -c 'exec -a $marker sleep 86400' >/dev/null 2>&1 &)
until [ \$(grep -ls $marker /proc/[0-9]*/cmdline | wc -l) -ge 2 ]; do sleep 0.1; done
echo both run
make"
expect_in "two daemons were there" "$(cat "$root"/logs/slurm-1.0-*.log)" "both run"
expect "daemons end with the build" "$(processes)" ""
expect_in "and are told of" "$out" "warning: slurm@1.0: its commands left processes running, which were killed"
try_build 0 build "make; echo no daemons"
expect_not_in "as none are who leaves none" "$out" "left processes"
if [[ -d /sys/fs/cgroup/pids ]] || grep -qs pids /sys/fs/cgroup/cgroup.controllers; then
    echo 'limits: {pids: 100}' >>"$root/config.yaml"
    try_build 5 build 'bomb() { bomb | bomb & }
bomb
sleep 1
exit 9'
    expect_in "a fork bomb fails alone" "$out" "slurm@1.0: phase 'build' failed with exit code 9"
    expect_in "at the limit" "$(cat "$root"/logs/slurm-1.0-*.log)" "Cannot fork"
else
    echo "not tried: a fork bomb, since no control group limits processes here"
fi
if [[ -d /sys/fs/cgroup/memory ]] || grep -qs memory /sys/fs/cgroup/cgroup.controllers; then
    echo 'limits: {memory: 200MiB, jobs: 1}' >"$root/config.yaml"
    try_build 5 build 'dd if=/dev/zero of=/dev/shm/full bs=1M count=400
echo "wrote it all"
make'
    expect_in "who fills shared memory runs out of his own" "$out" "slurm@1.0: out of memory in phase 'build'" \
        "the limit is 200.0 MiB"
    echo 'network: {retries: 0}' >"$root/config.yaml"
else
    echo "not tried: filling shared memory, since no control group limits memory here"
fi
expect_no_leftovers "after all that"
slurm_recipe
run 0 build
expect_in "and the next build is good" "$out" "slurm@1.0"

finish
