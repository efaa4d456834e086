#!/bin/bash
# `status`, `top` and `logs`, looking at a build of another process.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root

run 2 factory logs
expect_in "no logs yet" "$out" "there are no logs in $root/logs"
slurm_recipe "" $'    build: |\n      make; echo "waiting for the monitor"; touch /step/started; sleep 86397'
build_in_background "$work/log" --quiet
expect_true "the build is under way" within 60 pgrep -f 'sleep 86397' >/dev/null
look() { # EXPRESSION of b, our build, and p, its package
    factory status --json | python3 -c "
import json, sys
b = [b for b in json.load(sys.stdin)['builds'] if b['root'] == '$root'][0]
p = b['packages'][0]
print($1)"
}
expect "the build's process" "$(look "b['pid']")" "$pid"
expect_in "its command" "$(look "b['command']")" "build --slurm-version 1.0"
expect "its package" "$(look "len(b['packages']), p['package']")" "1 slurm-1.0"
expect "what it says" "$(look "p['last_line']")" "waiting for the monitor"
expect "it has processes, which take memory" "$(look "p['processes'] > 0 and p['usage']['memory_bytes'] > 0")" True
run 0 factory status --disk
expect_in "for people, with disk use" "$out" "slurm-1.0" "waiting for the monitor" "layers" "$root/cache/sources"
run 0 factory top --count 2 --interval 0.2
expect "top looks again and again" "$(grep -c 'waiting for the monitor' <<<"$out")" 2
expect_true "the build does not notice" kill -0 "$pid"
run 0 factory logs slurm
expect_in "the log of a running build" "$out" "waiting for the monitor"

# top in a real terminal, which becomes narrower
if command -v tmux >/dev/null; then
    tmux -L "sf-$$" -f /dev/null new-session -d -x 120 -y 30 "'$TOOL' --root '$root' top --interval 0.2"
    screen() { tmux -L "sf-$$" capture-pane -p; }
    shows() { screen | grep -q "$1"; }
    expect_true "it draws" within 10 shows 'waiting for the monitor'
    expect "once" "$(screen | grep -c 'waiting for the monitor')" 1
    tmux -L "sf-$$" resize-window -x 50 -y 30
    narrow() { shows 'waiting for the monitor' && ! screen | grep -q written; }
    expect_true "lines are cut to the width" within 10 narrow
    tmux -L "sf-$$" send-keys C-c
    gone() { ! tmux -L "sf-$$" has-session 2>/dev/null; }
    expect_true "and ends when it is interrupted" within 10 gone
fi

kill -INT "$pid"
wait "$pid" || true
expect "no build is left" "$(factory status --json | python3 -c "
import json, sys
print(sum(b['root'] == '$root' for b in json.load(sys.stdin)['builds']))")" 0
run 0 factory logs
expect_in "all logs, the newest first" "$(head -n 1 <<<"$out")" "$root/logs/slurm-1.0-"
run 0 factory logs --path greet@1.0
expect_true "where one is" test -s "$out"
run 2 factory logs nonesuch
expect_in "no such log" "$out" "there is no log of 'nonesuch'"
finish
