#!/bin/bash
# A run that is stopped, killed, or not alone.
. "$(dirname "$0")/lib.sh"
usual_packages
marker=86400.$$
processes() { pgrep -f "sleep $marker" || true; }
gone() { [[ -z $(processes) ]]; }
building() { [[ -n $(processes) ]]; }
ended() { ! kill -0 "$1" 2>/dev/null; }
control_groups() { find /sys/fs/cgroup -type d -path "*slurm-factory/$1-*" 2>/dev/null; }
# Comments are not in a package's key, so the same package can be made to wait and not to wait.
wait_in_build() { echo "# wait" >>"$recipes/slurm/recipe.yaml"; }
dont_wait() { sed -i '/^# wait/d' "$recipes/slurm/recipe.yaml"; }
steps=$(cat <<END
    build: |
      if grep -q '^# wait' "\$RECIPE/recipe.yaml"; then
        printf 'all:\\n\\t(setsid sleep $marker & sleep $marker)\\n' >wait.mk
        make -f wait.mk
      fi
      make
END
)
slurm_recipe "" "$steps"

# ---- Signals that ask
for signal in INT TERM HUP; do
    new_root "signal-$signal"
    wait_in_build
    build_in_background "$work/log"
    expect_true "$signal: the build is under way" within 60 building
    start=${EPOCHREALTIME/./}
    kill "-$signal" "$pid"
    status=0
    wait "$pid" || status=$?
    elapsed=$(((${EPOCHREALTIME/./} - start) / 1000))
    expect "$signal: exit status" "$status" 130
    expect_true "$signal: within two seconds ($elapsed ms)" test "$elapsed" -lt 2000
    expect "$signal: no process is left" "$(processes)" ""
    expect "$signal: no control group is left" "$(control_groups "$pid")" ""
    expect_no_leftovers "$signal"
    expect_in "$signal: it says so" "$(cat "$work/log")" "error: " "interrupted"
    expect "$signal: nothing is shipped" "$(ls "$root/builds" 2>/dev/null)" ""
    dont_wait
    run 0 build
    expect_in "$signal: the next run continues" "$out" "1 package built, 2 from the store" "slurm@1.0: built in"
done

# ---- While a source is on its way, slowly
new_root fetching
touch "$work/http.log"
mkfifo "$work/hold"
python3 "$here/../../support/http_server.py" "$archives" "$work/http.log" <"$work/hold" >"$work/port" &
children+=($!)
exec 9>"$work/hold"
within 10 test -s "$work/port"
source_base=http://127.0.0.1:$(cat "$work/port")/slow/20 slurm_recipe
build_in_background "$work/log"
expect_true "fetching: it is under way" within 30 grep -q "begin .*slurm-1.0" "$work/http.log"
sleep 0.5
kill -INT "$pid"
expect_true "fetching: it stops within two seconds" within 2 ended "$pid"
status=0
wait "$pid" || status=$?
expect "fetching: exit status" "$status" 130
expect_no_leftovers "fetching"
expect_true "fetching: what came is kept" test -n \
    "$(find "$root/cache/sources/partial" -type f -size +0 ! -name '*.lock')"
run 0 build
# The server writes its line when it has sent all, which may be after the program has done its work.
expect_true "fetching: the next run asks for the rest only" within 10 grep -q " bytes=" "$work/http.log"
exec 9>&-

# ---- Killed
new_root killed
slurm_recipe "" "$steps"
wait_in_build
build_in_background "$work/log"
expect_true "KILL: the build is under way" within 60 building
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
expect_true "KILL: its processes go with it" within 2 gone
expect "KILL: nothing is mounted" "$(grep -F "$root" /proc/mounts || true)" ""
dont_wait
run 0 build
expect_in "KILL: the next run continues" "$out" "1 package built, 2 from the store"
expect_no_leftovers "KILL: the next run has cleaned up"
expect "KILL: its control groups are gone" "$(control_groups "$pid")" ""
tar -C "$work" -xzf "$root/builds/slurm-1.0-software.tar.gz"
run 0 "$work/software/bin/hello"
expect "KILL: what was built then works" "$out" hello

# ---- Two at once
new_root shared
slurm_recipe "" $'    build: |\n      sleep 2\n      make'
build_in_background "$work/log1"
first=$pid
build_in_background "$work/log2"
second=$pid
status1=0 status2=0
wait "$first" || status1=$?
wait "$second" || status2=$?
expect "both succeed" "$status1 $status2" "0 0"
for package in greet helper slurm; do
    expect "$package is built once" "$(cat "$work/log1" "$work/log2" | grep -c "$package@1.0: built in")" 1
done
expect_no_leftovers "after two at once"
run 0 env -C "$root/builds" sh -c 'sha256sum -c ./*.sha256'
run 0 build
expect_in "nothing is left to do" "$out" "nothing to do"

# ---- Stopped while it waits for the other
new_root waiting
slurm_recipe "" "$steps"
wait_in_build
build_in_background "$work/log1"
first=$pid
within 60 building
build_in_background "$work/log2"
second=$pid
sleep 1
kill -INT "$second"
expect_true "who waits for another's package can be stopped" within 2 ended "$second"
expect_true "the other goes on" building
kill -INT "$first"
wait "$first" || true
wait "$second" || true
expect_no_leftovers "after stopping both"
finish
