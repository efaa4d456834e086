#!/bin/bash
# Builds, pushes, pulls and collections of garbage at once, in one store and one binary cache: nothing wrong is used,
# nothing good is lost. ROUNDS=N says how often (3).
. "$(dirname "$0")/lib.sh"
usual_packages
rounds=${ROUNDS:-3}
remote=$work/remote

# The variants share packages; each has a directory of its own for what it builds.
variant() { # NAME OPTION...
    local name=$1
    shift
    build --output "$work/$name" "$@" >"$work/$name.log" 2>&1
}
# Keeps only what is used this very moment.
collects() {
    until [[ -e $work/enough ]]; do
        factory gc >"$work/gc.log" 2>&1 || return
        factory cache prune "$remote" --keep-days 0 >>"$work/gc.log" 2>&1 || return
    done
}
sums() { cat "$work/full/"*.tar.gz "$work/small/"*.tar.gz "$work/pulled/"*.tar.gz | sha256sum; }

new_root root own
run 0 factory cache keys generate site --directory "$work/keys"
run 0 factory cache keys add "$work/keys/site.pub"
run 0 variant full
run 0 variant small --minimal
run 0 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key"
cp -R "$work/full" "$work/pulled"
expected=$(sums)
echo 'cache: {keep-days: 0, layers: 1, sources: 1, logs: 1}' >>"$root/config.yaml"

for ((round = 1; round <= rounds; ++round)); do
    rm -rf "$work/full" "$work/small" "$work/pulled" "$work/enough"
    new_root "other-$round"
    other=$root
    run 0 factory cache keys add "$work/keys/site.pub"
    root=$work/root
    collects &
    collector=$!
    variant full &
    full=$!
    variant small --minimal &
    small=$!
    (root=$other && variant pulled --cache "$remote") &
    pulled=$!
    expect_true "round $round: one build" wait "$full"
    # What was built may be collected before it is pushed; pushed it is then whole, and said to be missing otherwise.
    status=0
    factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key" >"$work/push.log" 2>&1 || status=$?
    if [[ $status != 0 ]]; then
        expect_in "round $round: a push says what it misses" "$(cat "$work/push.log")" "store"
    fi
    expect_true "round $round: another build" wait "$small"
    expect_true "round $round: a build that pulls" wait "$pulled"
    : >"$work/enough"
    expect_true "round $round: collecting" wait "$collector"
    expect "round $round: the bytes are the same" "$(sums)" "$expected"
    run 0 factory cache verify "$remote"
    expect_not_in "round $round: the cache is whole" "$out" "with faults"
done

# ---- Two containers that share the root: in each PID namespace the other's processes do not exist
in_container() { # NUMBER COMMAND...: the number is a little below the process id
    local number=$1
    shift
    unshare --pid --fork --mount-proc \
        bash -c 'for i in $(seq "$0"); do /bin/true; done; "$@"; exit $?' "$number" "$@"
}
shared() { # RECIPES COMMAND...
    "$TOOL" --root "$work/root" --images "$here/images" --image tiny --recipes "$1" "${@:2}"
}
export -f shared
export TOOL work here
root=$work/root
cp -R "$recipes" "$work/slow"
recipes=$work/slow slurm_recipe "" $'    build: |\n      echo it builds; until [ -e /recipe/go ]; do sleep 0.1; done; make'
in_container 20 bash -c 'shared "$work/slow" build "slurm@1.0 ^greet+loud" --output "$work/loud"' >"$work/loud.log" 2>&1 &
slow=$!
it_builds() { grep -qs "^it builds" "$root"/logs/slurm-1.0-*.log; }
expect_true "one container builds" within 60 it_builds
sleep 1.1 # keep-days: 0 is anything before this second
for number in 0 20; do # with another process id than the first one's, and with the same
    run 0 in_container $number bash -c 'shared "$work/recipes" build --slurm-version 1.0 --output "$work/full"'
    run 0 in_container $number bash -c 'shared "$work/recipes" gc'
done
: >"$work/slow/slurm/go"
expect_true "what another container does takes nothing from it" wait "$slow"
expect_in "it has built all of its own" "$(cat "$work/loud.log")" "greet@1.0: built in" "slurm@1.0: built in"
expect_no_leftovers "after both"
finish
