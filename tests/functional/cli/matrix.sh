#!/bin/bash
# Several builds in one command: what they share is built once, and one that fails does not stop the others.
. "$(dirname "$0")/lib.sh"
usual_packages
# It takes a moment, so that the others come while it is under way.
sed -i 's/^libgreet.so.1: .*/&\n\tsleep 2/' "$work/src/greet-1.0/Makefile"
pack greet-1.0
greet_recipe
new_root main
times_built() { grep -c "\"event\":\"package_built\".*\"$1" "$work/events" || true; }
newer=x86_64_v2 # what every machine has that runs this

# ---- Lists
run 0 factory build --slurm-version 1.0 --target "generic,$newer" --events "$work/events"
expect_in "both are built" "$out" "== 1.0 generic" "== 1.0 $newer" "2 of 2 builds succeeded" "1.0 $newer: slurm@1.0: built in"
expect "each target's files have their names" "$(cd "$root/builds" && ls ./*software.tar.gz)" \
    "$(printf './slurm-1.0-%s-software.tar.gz\n' generic "$newer")"
run 0 build
expect_in "one of them alone has the usual names, and is there" "$out" "0 packages built, 3 from the store" \
    "builds/slurm-1.0-software.tar.gz"
files_of() { tar -xzOf "$root/builds/slurm-1.0$1-software.tar.gz" --exclude='*manifest*' | sha256sum; } # which has the name
expect "and holds the same" "$(files_of "")" "$(files_of -generic)"

# ---- A file; and packages that several cells need
new_root shared
cat >"$work/cells.yaml" <<END
cells:
  - {suffix: usual}
  - {minimal: true, suffix: small}
  - {variants: [+minimal], suffix: same}
END
run 0 factory build --slurm-version 1.0 --matrix "$work/cells.yaml" --events "$work/events"
expect_in "all cells are built" "$out" "3 of 3 builds succeeded" "slurm-1.0-usual-software.tar.gz" \
    "slurm-1.0-small-software.tar.gz" "slurm-1.0-same-software.tar.gz"
expect "greet, which all need, was built once" "$(times_built 'package":"[^"]*greet')" 1
expect "slurm was built twice: for two of three cells it is the same" "$(times_built 'package":"[^"]*slurm@')" 2
expect_no_leftovers "after a matrix"
run 0 factory build --slurm-version 1.0 --matrix "$work/cells.yaml"
expect_in "then there is nothing to do" "$out" "nothing to do"
expect_not_in "for none of them" "$out" "packages built"

# ---- Versions and images, with one job for all
new_root versions own
cp -al "$(ls -d "$root"/images/*/rootfs)" "$work/other"
echo other >"$work/other/etc/other"
run 0 factory image import other "$work/other" --like tiny
cp -R "$work/src/slurm-1.0" "$work/src/slurm-2.0"
sed -i 's/helper >/echo two >/' "$work/src/slurm-2.0/Makefile"
pack slurm-2.0
second="{version: \"2.0\", sources: [{url: file://$archives/slurm-2.0.tar.gz, sha256: $(sum "$archives/slurm-2.0.tar.gz")}]}"
sed -i "/^versions:/a\\  - $second" "$recipes/slurm/recipe.yaml"
run 0 factory build --slurm-version 1.0,2.0 --toolchain tiny,other --jobs 1 --events "$work/events"
expect_in "each version is built in each image" "$out" "4 of 4 builds succeeded" "== 1.0 tiny" "== 1.0 other" "== 2.0 tiny" \
    "== 2.0 other"
expect "all have files of their own" "$(cd "$root/builds" && ls ./*software.tar.gz)" \
    "$(printf './slurm-%s-software.tar.gz\n' 1.0-other 1.0 2.0-other 2.0)"
helped() { tar -xzOf "$root/builds/slurm-$1-software.tar.gz" --wildcards '*/helped'; }
expect "they hold their own version" "$(helped 1.0) $(helped 1.0-other) $(helped 2.0) $(helped 2.0-other)" \
    "helped helped two two"
expect "what both versions need was built once in each image" "$(times_built 'package":"[^"]*greet')" 2
at_work() { # FILE: how many packages are at work at most, and those of how many builds there are
    python3 - "$1" <<'END'
import json, sys
at_work, most, builds = set(), 0, set()
for event in map(json.loads, open(sys.argv[1])):
    if event.get("phase") not in ("build", "capture"):
        continue
    if event["event"] == "step_started":
        at_work.add((event["package"], event["phase"]))
        builds.add(event["package"].rpartition(": ")[0])
    elif event["event"] == "step_finished":
        at_work.discard((event["package"], event["phase"]))
    most = max(most, len(at_work))
print(most, len(builds))
END
}
expect "packages of four builds wait for the one job" "$(at_work "$work/events")" "1 4"
expect_no_leftovers "after four builds"
slurm_recipe

# ---- One that fails
new_root failing
sed -i 's/return "HELLO"/return SHOUT/' "$work/src/greet-1.0/greet.c"
pack greet-1.0
greet_recipe
cat >"$work/cells.yaml" <<END
cells:
  - {slurm-version: "1.0", suffix: good}
  - {spec: "slurm@1.0 ^greet+loud", suffix: bad}
END
run 5 factory build --matrix "$work/cells.yaml"
expect_in "the other is built, and the failure told" "$out" "1 of 2 builds succeeded" "== 1.0 good" \
    "failed: greet@1.0: phase 'build' failed" "SHOUT"
expect "its files are there" "$(cd "$root/builds" && ls ./*software.tar.gz)" "./slurm-1.0-good-software.tar.gz"
new_root fast
slurm_recipe "" $'    build: |\n      sleep 20\n      make'
run 5 factory build --matrix "$work/cells.yaml" --fail-fast
expect_in "when asked to, a failure stops the others" "$out" "0 of 2 builds succeeded" "failed: interrupted"
expect_no_leftovers "after a failure"

# ---- Interrupted
new_root interrupted
factory build --matrix "$work/cells.yaml" >"$work/log" 2>&1 &
pid=$!
children+=("$pid")
expect_true "the build is under way" within 60 grep -q "slurm@1.0: building" "$work/log"
kill -INT "$(pgrep -P "$pid" || echo "$pid")"
status=0
wait "$pid" || status=$?
expect "an interrupt ends all" "$status" 130
expect_no_leftovers "after an interrupt"

# ---- Wrong input
run 2 build --target "generic,generic"
expect_in "an item twice" "$out" "--target generic,generic: an item is empty or appears twice"
echo 'cells: [{targte: generic}]' >"$work/wrong.yaml"
run 3 build --matrix "$work/wrong.yaml"
expect_in "a misspelt key" "$out" "$work/wrong.yaml:1:" "target"
run 2 factory build --slurm-version 1.0,1.0.1 --check
run 2 build --target "generic,$newer" --locked "$work/main/builds/slurm-1.0.lock"
expect_in "a lock file for several" "$out" "a lock file is for one build, and these are several"
finish
