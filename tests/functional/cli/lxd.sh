#!/bin/bash
# The backend lxd with a real LXD daemon: the same bytes as elsewhere, and what `clean` takes away.
. "$(dirname "$0")/lib.sh"
. "$here/../../support/lxd.sh"
start_lxd
stop_all() { local status=$?; clean_up; stop_lxd "$status"; }
trap stop_all EXIT
usual_packages
sum_of_bundle() { sha256sum <"$root/builds/slurm-1.0-software.tar.gz"; }
instances() { # of the tool, without where they are
    curl -s --unix-socket "$LXD_DIR/unix.socket" "http://lxd/1.0/instances?project=slurm-factory" |
        python3 -c 'import json, sys; print(*[path.split("/")[3].split("?")[0] for path in json.load(sys.stdin)["metadata"] or []])'
}

new_root oci
run 0 build
usual=$(sum_of_bundle)
new_root lxd own
run 0 build --backend lxd
expect_in "built in containers" "$out" "3 packages built"
expect "the same bytes" "$(sum_of_bundle)" "$usual"
expect_no_leftovers "after builds in containers"
base=$(instances)
expect_in "one base stays" "$base" "base-"
expect "and nothing else" "$(wc -w <<<"$base")" 1
run 0 factory doctor
expect_in "doctor tries it" "$out" "ok       backend lxd ("

run 0 factory image export tiny lxd:for-others
expect_in "an image is published" "$out" "slurm-factory:for-others"
expect_true "LXD has it" curl -sf --unix-socket "$LXD_DIR/unix.socket" \
    "http://lxd/1.0/images/aliases/for-others?project=slurm-factory" >/dev/null

# ---- Interrupted
slurm_recipe "" $'    build: |\n      echo "waiting in a container"; sleep 86398; make'
build_in_background "$work/log" --backend lxd
expect_true "the build is under way" within 60 pgrep -f 'sleep 86398' >/dev/null
# The container's processes are no children of the tool's: it is the log that they have in common.
expect "status shows its package and the container's processes" "$(factory status --json | python3 -c "
import json, sys
p = [b for b in json.load(sys.stdin)['builds'] if b['root'] == '$root'][0]['packages'][0]
print(p['package'], p['processes'] > 0, p['usage']['memory_bytes'] > 0, p['last_line'])")" \
    "slurm-1.0 True True waiting in a container"
kill -INT "$pid"
status=0
wait "$pid" || status=$?
expect "it was interrupted" "$status" 130
expect_true "no process is left" within 5 eval '! pgrep -f "sleep 86398" >/dev/null'
slurm_recipe
run 0 build --backend lxd
expect_in "the next run goes on" "$out" "nothing to do"

# ---- Cleaning up
echo 'backend: lxd' >>"$root/config.yaml"
run 0 factory clean
expect "clean leaves the base" "$(instances)" "$base"
run 0 factory clean --full
expect "clean --full does not" "$(instances)" ""

# ---- No daemon
new_root alone
run 6 env -u LXD_DIR LXD_SOCKET="$work/none" "$TOOL" --root "$root" --images "$here/images" --image tiny --recipes "$recipes" \
    build --slurm-version 1.0 --backend lxd
expect_in "without a daemon it says so" "$out" "error:" "hint:"
finish
