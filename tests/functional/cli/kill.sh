#!/bin/bash
# kill -9 at any moment of build, push, pull, gc and clean, a hundred times in all: what stays is whole, and the next run
# goes on. KILLS=N says how often each is killed (20), KILL_SEED=N at which moments.
. "$(dirname "$0")/lib.sh"
usual_packages
kills=${KILLS:-20}
seed=${KILL_SEED:-$RANDOM}
echo "the same moments again, as far as the machine has them: KILL_SEED=$seed"
RANDOM=$seed

# killed MILLISECONDS COMMAND...: started, and killed with all it started before so long. Its group is its own, so that a
# shell function can be killed.
killed() {
    local moment=$((RANDOM % $1))
    shift
    setsid "$TOOL" --root "$root" --images "$here/images" --image tiny --recipes "$recipes" "$@" >"$work/killed.log" 2>&1 &
    local pid=$!
    sleep "0.$(printf %03d "$moment")"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}
# What was killed has no process and no mount a moment later.
# shellcheck disable=SC1087 # a pattern, no array
nothing_runs() { ! grep -qF "$root/" /proc/mounts && ! pgrep -f -- "$root[ /]" >/dev/null; }
sum_of_bundle() { sha256sum <"$root/builds/slurm-1.0-software.tar.gz"; }
# Every layer is what its name says.
layers_are_whole() {
    { factory cache push "$work/check-$1" slurm@1.0 --no-base-image && factory cache verify "$work/check-$1"; } >/dev/null
}

new_root reference
run 0 build
expected=$(sum_of_bundle)

for ((round = 1; round <= kills; ++round)); do
    new_root "build-$round"
    killed 1000 build --slurm-version 1.0
    expect_true "build $round: nothing runs" within 10 nothing_runs
    run 0 build
    expect "build $round: the next run gives the same bytes" "$(sum_of_bundle)" "$expected"
    expect_true "build $round: all layers are whole" layers_are_whole "build-$round"
    rm -rf "$root"
done

root=$work/reference
run 0 factory cache keys generate site --directory "$work/keys"
for ((round = 1; round <= kills; ++round)); do
    killed 300 cache push "$work/remote-$round" slurm@1.0 --key "$work/keys/site.key"
    if [[ -e $work/remote-$round/oci-layout ]]; then
        run 0 factory cache verify "$work/remote-$round"
        expect_not_in "push $round: what is there is whole" "$out" "with faults"
    fi
    run 0 factory cache push "$work/remote-$round" slurm@1.0 --key "$work/keys/site.key"
    run 0 factory cache verify "$work/remote-$round"
    expect_in "push $round: the next one completes it" "$out" "3 packages, 1 images"
done

remote=$work/remote-1
for ((round = 1; round <= kills; ++round)); do
    new_root "pull-$round"
    run 0 factory cache keys add "$work/keys/site.pub"
    killed 500 build --slurm-version 1.0 --cache "$remote"
    run 0 build --cache "$remote" --offline
    expect "pull $round: the next run gives the same bytes" "$(sum_of_bundle)" "$expected"
    # A build that is killed between its last file and its last line leaves nothing to do.
    [[ $out == *"nothing to do"* ]] ||
        expect_in "pull $round: and builds nothing" "$out$(cat "$work/killed.log")" "0 packages built"
    killed 200 gc
    killed 200 clean
    run 0 build --cache "$remote" --offline
    expect "gc $round: the bundle is as it was" "$(sum_of_bundle)" "$expected"
    expect_true "gc $round: all layers are whole" layers_are_whole "pull-$round"
    rm -rf "$root"
done
finish
