# A real LXD daemon with a storage pool and nothing else, which only listens on a socket of its own; all of it goes when
# the script that sourced this ends. Whatever is missing for it skips the test.
# shellcheck shell=bash

skip_lxd() { echo "skipped: $1"; exit 77; }

# LXD names containers, and so control groups, by project: those that were there before are somebody else's.
lxd_groups() { find /sys/fs/cgroup -depth -type d -name 'lxc.*' 2>/dev/null || true; }

stop_lxd() { # [STATUS]: ends the script
    local status=${1:-$?} group monitor loop
    trap - EXIT INT TERM
    if [ -n "${lxd_process:-}" ]; then
        timeout 60 lxd shutdown --timeout 30 >/dev/null 2>&1 || true # stops containers, too
        kill "$lxd_process" 2>/dev/null || true
        for _ in $(seq 100); do kill -0 "$lxd_process" 2>/dev/null || break; sleep 0.1; done
        kill -KILL "$lxd_process" 2>/dev/null || true
        wait "$lxd_process" 2>/dev/null || true
    fi
    # What is left has this directory in its command line: monitors of containers, none as a rule.
    for monitor in $(pgrep -f "\[lxc monitor\] $LXD_DIR/"); do kill -KILL "$monitor" || true; done
    # Mounts were made in the daemon's own namespace and go with it, and the loop device with the last mount.
    for loop in $(losetup --noheadings --output NAME,BACK-FILE | awk -v dir="$LXD_DIR/" 'index($2, dir) {print $1}'); do
        losetup --detach "$loop" || true
    done
    comm -13 <(sort <<<"$lxd_groups_before") <(lxd_groups | sort) | sort -r |
        while read -r group; do rmdir "$group" 2>/dev/null || true; done
    rm -rf "${lxd_work:?}"
    exit "$status"
}

# Sets LXD_DIR and exports it.
start_lxd() {
    [[ $EUID == 0 ]] || skip_lxd "needs root"
    for program in lxd lxc curl unshare losetup; do
        command -v $program >/dev/null || skip_lxd "$program is not installed"
    done
    lxd_work=$(mktemp -d "${TMPDIR:-/tmp}/sf-lxd.XXXXXX")
    export LXD_DIR=$lxd_work/lxd
    lxd_groups_before=$(lxd_groups)
    mkdir -m 711 "$LXD_DIR"
    trap stop_lxd EXIT
    trap 'exit 130' INT TERM
    unshare --mount --propagation slave lxd --group root --logfile "$lxd_work/log" </dev/null >"$lxd_work/out" 2>&1 &
    lxd_process=$!
    for _ in $(seq 200); do
        curl -sf --unix-socket "$LXD_DIR/unix.socket" http://lxd/1.0 >/dev/null 2>&1 && break
        kill -0 $lxd_process 2>/dev/null || skip_lxd "LXD does not start here: $(tail -n 1 "$lxd_work/out")"
        sleep 0.1
    done
    if command -v mkfs.btrfs >/dev/null &&
        lxd_query POST /1.0/storage-pools '{"name": "tests", "driver": "btrfs", "config": {"size": "4GiB"}}'; then
        return
    fi
    lxd_query POST /1.0/storage-pools '{"name": "tests", "driver": "dir"}' || skip_lxd "LXD makes no storage pool here"
}

# lxd_query METHOD PATH BODY: whether the daemon did it
lxd_query() {
    curl -s --unix-socket "$LXD_DIR/unix.socket" -X "$1" -d "$3" "http://lxd$2" | grep -q '"status_code":200'
}
