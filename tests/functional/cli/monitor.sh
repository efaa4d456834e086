#!/bin/bash
# `status`, `top` and `logs`, looking at a build of another process.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root

run 2 factory logs
expect_in "no logs yet" "$out" "there are no logs in $root/logs"
# It writes, and keeps a processor busy until it is told to go on.
slurm_recipe "" $'    build: |
      make; dd if=/dev/zero of=written bs=1M count=10 conv=fsync status=none
      echo "waiting for the monitor"; sleep 86397 & until [ -e /step/go ]; do :; done
      echo "gone on"; wait'
echo 'levers: {tmpfs-stage: false}' >>"$root/config.yaml" # what is written to memory is no I/O
build_in_background "$work/log" --quiet
expect_true "the build is under way" within 60 pgrep -f 'sleep 86397' >/dev/null
look() { # EXPRESSION of b, our build, and p, its package
    factory status --json | python3 -c "
import json, sys
b = [b for b in json.load(sys.stdin)['builds'] if b['root'] == '$root'][0]
p = b['packages'][0]
print($1)"
}
caches="layers sources compiler images logs"
expect "the build's process" "$(look "b['pid']")" "$pid"
expect_in "its command" "$(look "b['command']")" "build --slurm-version 1.0"
expect "its package" "$(look "len(b['packages']), p['package']")" "1 slurm-1.0"
expect "what it says" "$(look "p['last_line']")" "waiting for the monitor"
expect "it has processes, which take memory" "$(look "p['processes'] > 0 and p['usage']['memory_bytes'] > 0")" True
expect "which are busy" "$(look "p['usage']['cores'] > 0 and p['usage']['cpu_seconds'] > 0 and b['usage']['cores'] > 0")" True
expect "what they have written" "$(look "min(p['usage']['written_bytes'], b['usage']['written_bytes']) >= 10 << 20")" True
run 0 factory status --disk
expect_in "for people, with disk use" "$out" "slurm-1.0" "waiting for the monitor" "$root/cache/sources"
expect "of every cache" "$(sed -n "s,^\([a-z]*\) .* $root/.*,\1,p" <<<"$out" | xargs)" "$caches"
expect "for programs" "$(factory status --disk --json | python3 -c 'import json, sys
caches = {c["name"]: c for c in json.load(sys.stdin)["caches"]}
print(*caches, caches["layers"]["bytes"] > 0, caches["logs"]["entries"] > 0, caches["layers"]["path"])')" \
    "$caches True True $root/layers"
run 0 factory top --count 2 --interval 0.2
expect "top looks again and again" "$(grep -c 'waiting for the monitor' <<<"$out")" 2
expect_not_in "without disk use" "$out" "$root/cache/sources"
run 0 factory top --count 2 --interval 0.2 --disk
expect "and with it" "$(sed -n "s,^\([a-z]*\) .* $root/.*,\1,p" <<<"$out" | xargs)" "$caches $caches"
expect_true "the build does not notice" kill -0 "$pid"
run 0 factory logs slurm
expect_in "the log of a running build" "$out" "waiting for the monitor"

"$TOOL" --root "$root" logs --follow slurm >"$work/followed" &
follower=$!
children+=("$follower")
within 10 grep -q 'waiting for the monitor' "$work/followed" || fail "logs --follow shows nothing"
expect_not_in "the log ends there" "$(cat "$work/followed")" "gone on"

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

    # A log in a pager, which is asked for as a shell would
    cat >"$work/pager" <<'END'
#!/bin/sh
echo "$1 of ${2##*/}"
cat "$2"
exec sleep 600
END
    chmod +x "$work/pager"
    tmux -L "sf-$$" -f /dev/null new-session -d -x 120 -y 30 "PAGER='$work/pager page' '$TOOL' --root '$root' logs slurm"
    expect_true "the pager gets the log" within 10 shows '^page of slurm-1.0-[0-9a-f]*.log$'
    expect_true "which it shows" within 10 shows '^waiting for the monitor'
    tmux -L "sf-$$" kill-server
fi

touch "$(find "$root" -path '*/work/slurm.*/step' -type d)/go"
expect_true "logs --follow shows what is new" within 10 grep -q '^gone on' "$work/followed"
{ kill "$follower" && wait "$follower"; } 2>/dev/null || true

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
