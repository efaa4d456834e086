#!/bin/bash
# What doctor finds: memory, disk, control groups, servers, locks, the clock, mounts.
private_mounts=yes
. "$(dirname "$0")/lib.sh"
. "$here/../../support/registry.sh"
usual_packages
new_root root

findings() { # SUBJECT: state, text and fix of each
    python3 -c 'import json, sys
for f in json.loads(sys.argv[1])["findings"]:
    if f["subject"] == sys.argv[2]: print(f["state"], f["text"], "|", f["fix"])' "$out" "$1"
}
through=()
doctor() { # STATUS OPTION...: standard output alone
    local want=$1 status=0
    shift
    out=$("${through[@]}" factory doctor --json "$@" 2>"$work/stderr") || status=$?
    expect "exit status of doctor $*" "$status" "$want"
    expect "a fix for each warning and fault" "$(python3 -c 'import json, sys
for f in json.loads(sys.argv[1])["findings"]:
    if f["state"] in ("warning", "fault") and not f["fix"]: print(f["subject"], f["text"])' "$out")" ""
}

# ---- Nothing wrong
doctor 0 --offline
expect "offline, nobody is asked" "$(findings network)" "note not asked: offline | "
expect "no locks" "$(findings locks)" "ok none is held | "
expect "no leftovers" "$(findings leftovers)" "ok none | "
expect_true "the clock is looked at" test -n "$(findings clock)"
expect_in "memory for each job" "$(findings memory)" "ok " ", 2.0 GiB for each (limits.job-memory), "
expect_in "control groups, and their version" "$(findings 'control groups')" "version " " can be limited"
expect "the form of the document" "$(python3 -c 'import json, sys
d = json.loads(sys.argv[1])
print(d["schema"], *sorted({key for finding in d["findings"] for key in finding}))' "$out")" "1 fix state subject text"

# ---- Packages that nobody mends
sed -i "s/^variants:/support: [{series: '1.0', until: 2001-02, by: Debian 99}]\n&/" "$recipes/slurm/recipe.yaml"
doctor 0 --offline
expect_in "support that has ended" "$(findings stack)" "warning slurm 1.0 is past its end: Debian 99 supported it until 2001-02-28"
slurm_recipe

# ---- More jobs than memory
echo 'limits: {jobs: 64, job-memory: 1TiB}' >>"$root/config.yaml"
doctor 0 --offline
expect_in "not one job has room" "$(findings memory)" "warning 64 parallel jobs, 1.0 TiB for each" "none has room"
sed -i '$d' "$root/config.yaml"
echo 'limits: {jobs: 3, job-memory: 1MiB, memory: 2MiB}' >>"$root/config.yaml"
doctor 0 --offline
expect_in "more than one sandbox may take" "$(findings memory)" "warning 3 parallel jobs" "only 2 have room"
sed -i '$d' "$root/config.yaml"

# ---- A small disk
mkdir "$work/small"
mount -t tmpfs -o size=64m none "$work/small"
root_before=$root root=$work/small
doctor 0 --offline
expect_in "too little space" "$(findings disk)" "warning " " MiB free at $work/small" "a first build takes up to 6.0 GiB"
root=$root_before
umount "$work/small"

# ---- Before there is a base image
root_with_image=$root root=$work/fresh
doctor 0 --offline
state_of() { # PART of the subject
    python3 -c 'import json, sys
print(next(f["state"] for f in json.loads(sys.argv[1])["findings"] if sys.argv[2] in f["subject"]))' "$out" "$1"
}
for runtime in crun runc; do expect "$runtime is tried with what the host has" "$(state_of "oci ($runtime")" ok; done
expect_in "but for LXD" "$(findings "backend lxd")" "note not tried: there is no base image yet"
expect "nothing is left" "$(ls "$root/work" | grep -v '^lock' || true)" sandbox
root=$root_with_image

# ---- Mirrors
mkfifo "$work/stdin"
python3 "$here/../../support/http_server.py" "$archives" "$work/server.log" <"$work/stdin" >"$work/port" &
children+=($!)
exec 9>"$work/stdin"
within 10 test -s "$work/port"
web=http://127.0.0.1:$(cat "$work/port")
mkdir "$work/empty"
SLURM_FACTORY_SLURM_VERSION=9.9 doctor 0 --mirror "$web/nowhere" --mirror http://user:secret@127.0.0.1:1/x
expect_in "where it is not known what to ask for" "$(findings "mirror $web/nowhere")" "ok answers in "
echo 'slurm: {version: "1.0"}' >>"$root/config.yaml"
doctor 0 --mirror "$web/ok" --mirror "$web/status/403" --mirror "$web/nowhere" --mirror "$archives" --mirror "$work/empty" \
    --mirror "$work/none" --mirror http://user:secret@127.0.0.1:1/x
expect_in "a good mirror, and its speed" "$(findings "mirror $web/ok")" "ok answers in " "iB/s"
expect_in "one that refuses" "$(findings "mirror $web/status/403")" "warning answers with HTTP status 403" "login"
expect_in "one without Slurm" "$(findings "mirror $web/nowhere")" "note answers in " "lacks slurm-1.0.tar.gz" "mirror create"
expect_in "a directory" "$(findings "mirror $archives")" "ok has slurm-1.0.tar.gz"
expect_in "an empty one" "$(findings "mirror $work/empty")" "note lacks slurm-1.0.tar.gz"
expect_in "one that is not mounted" "$(findings "mirror $work/none")" "warning is not a directory here" "mirror remove"
expect_in "one that nobody serves" "$(findings 'mirror http://***@127.0.0.1:1/x')" "warning cannot be reached" "mirror remove"
expect_not_in "no password is shown" "$out$(cat "$work/stderr")" secret
expect_in "the servers' clock is this one" "$(findings clock)" "ok as that of $web"

doctor 0 --mirror "$web/past/600" --mirror "$web/ok"
expect_in "a clock that differs" "$(findings clock)" "warning 600 s ahead of that of $web" "chrony"

# ---- A host without apt
through=(without apt-get)
doctor 0
expect_in "no apt" "$(findings archive)" "note this host has no apt" "mirror create"
expect_in "nothing makes base images" "$(findings mmdebstrap)" "warning no base image can be made" "cache.remotes" "image import"
through=()

# ---- Binary caches
start_registry open
children+=("$registry")
open=oci://127.0.0.1:$port/slurm
python3 -c 'import crypt; print("builder:" + crypt.crypt("s3cret", crypt.mksalt(crypt.METHOD_BLOWFISH)))' >"$work/htpasswd" 2>/dev/null
start_registry closed "auth: {htpasswd: {realm: slurm, path: $work/htpasswd}}"
children+=("$registry")
closed=oci://127.0.0.1:$port/slurm
log_in() { # USER:PASSWORD
    mkdir -p "$work/docker"
    printf '{"auths": {"127.0.0.1:%s": {"auth": "%s"}}}' "$port" "$(printf %s "$1" | base64)" >"$work/docker/config.json"
}
export DOCKER_CONFIG=$work/docker
doctor 0 --cache "$open" --cache "$closed" --cache "$work/none" --cache oci://127.0.0.1:1/slurm
expect_in "a registry" "$(findings "cache $open")" "ok answers in "
expect_in "one that wants a login" "$(findings "cache $closed")" "warning " "401" "skopeo login"
expect_in "a directory that is not mounted" "$(findings "cache $work/none")" "warning is not a directory here"
expect_in "one that nobody serves" "$(findings 'cache oci://127.0.0.1:1/slurm')" "warning " "cache.remotes"
expect_in "nobody is trusted" "$(findings keys)" "warning no public key is in" "cache keys add"
log_in builder:wrong
doctor 0 --cache "$closed"
expect_in "a wrong login" "$(findings "cache $closed")" "warning " "401"
log_in builder:s3cret
doctor 0 --cache "$closed"
expect_in "the right one" "$(findings "cache $closed")" "ok answers in "

# ---- Locks
desk=$root/work
flock "$desk/lock" sleep 600 &
holder=$!
children+=("$holder")
within 10 pgrep -P "$holder" >"$work/sleeper"
children+=("$(cat "$work/sleeper")")
doctor 0 --offline
expect_in "who holds a lock" "$(findings locks)" "ok process $holder (flock $desk/lock sleep 600)"
kill -STOP "$holder"
doctor 0 --offline
expect_in "one that is stopped" "$(findings locks)" "warning process $holder" "is stopped" "kill -CONT $holder"
{ kill -KILL "$holder" "$(cat "$work/sleeper")" && wait "$holder"; } 2>/dev/null || true

# ---- Mounts and files of runs that were killed
mkdir -p "$desk/sandbox/old" "$desk/half.abcdef"
mount -t tmpfs none "$desk/sandbox/old"
within 10 flock -n "$desk/lock" true
doctor 0 --offline
expect_in "a mount" "$(findings leftovers)" "warning $desk/sandbox/old is a mount | umount $desk/sandbox/old"
expect_in "and a file" "$(findings leftovers)" "ok 1 entry in $desk" "slurm-factory clean"
umount "$desk/sandbox/old"

# ---- A clock that was set back
touch -d '+2 hours' "$root/state.db"
doctor 0 --offline
expect_in "files of the future" "$(findings clock)" "warning $root/state.db was changed" "the clock was set back"

# ---- No control groups
while read -r _ mount kind _; do
    case $kind in cgroup | cgroup2) mount -o bind,remount,ro "$mount" ;; esac
done </proc/self/mounts
doctor 0 --offline
expect_in "none may be written" "$(findings 'control groups')" "note version " ": nothing can be limited | in a container"
umount -R -l /sys/fs/cgroup
doctor 9 --offline
expect_in "none are mounted" "$(findings 'control groups')" "warning none are mounted" "| mount them: mount -t cgroup2"

finish
