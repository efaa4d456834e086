#!/bin/bash
# What a build leaves to look at: a trace and a report.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
builds=$root/builds

# ask FILE EXPRESSION: of the trace `t`, its events `e`, and slices by name `s`
ask() {
    python3 - "$@" <<'END'
import json, sys
t = json.load(open(sys.argv[1]))
e = t["traceEvents"]
x = [event for event in e if event["ph"] == "X"]
s = {event["name"]: event for event in x if event["cat"] not in ("phase", "fetch")}
phases = lambda package: [event for event in x if event["cat"] == "phase" and event["args"]["package"] == package]
print(eval(f"({sys.argv[2]})"))
END
}

# ---- The trace
run 0 build --events "$work/events"
trace=$builds/slurm-1.0-trace.json
expect "every package has a slice of its own" "$(ask "$trace" "' '.join(sorted(s))")" \
    "greet@1.0 helper@1.0 slurm-1.0 slurm@1.0"
expect "phases of a package" "$(ask "$trace" "' '.join(p['name'] for p in phases('greet@1.0'))")" \
    "unpack build install capture"
expect "phases lie within their package, on its track, one after the other" "$(ask "$trace" "all(
    (p['pid'], p['tid']) == (s[n]['pid'], s[n]['tid']) and p['ts'] >= s[n]['ts']
    and p['ts'] + p['dur'] <= s[n]['ts'] + s[n]['dur'] for n in s for p in phases(n)) and all(
    a['ts'] + a['dur'] <= b['ts'] for n in s for a, b in zip(phases(n), phases(n)[1:]))")" True
expect "durations are positive" "$(ask "$trace" "all(v['dur'] > 0 for v in s.values())
    and all(v['dur'] >= 0 for v in x) and all(sum(p['dur'] for p in phases(n)) > 0 for n in s if '@' in n)")" True
expect "what is needed comes first" "$(ask "$trace" "all(s[n]['ts'] + s[n]['dur'] <= s['slurm@1.0']['ts']
    for n in ('greet@1.0', 'helper@1.0'))")" True
expect "the bundle comes last" "$(ask "$trace" "max(s, key=lambda n: s[n]['ts'])")" slurm-1.0
expect "there are counters" "$(ask "$trace" "sorted({v['name'] for v in e if v['ph'] == 'C'})")" \
    "['jobs', 'memory available']"
expect "the memory is the machine's" "$(ask "$trace" "all(0 < v['args']['bytes'] < 1 << 50
    for v in e if v['ph'] == 'C' and v['name'] == 'memory available')")" True
expect "it says what it is of" "$(ask "$trace" "t['otherData']['build'], t['otherData']['image']")" \
    "('slurm-1.0', 'tiny')"
expect_in "the events have the same" "$(cat "$work/events")" '"event":"build_planned"' '"event":"package_phases"' \
    '"event":"package_needed","package":"slurm@1.0","compared_with":""' '"event":"load"' '"event":"build_finished"'

# ---- The report
report=$builds/slurm-1.0-report.html
expect_in "it is named" "$out" "  $report"
html=$(cat "$report")
expect_in "what was built, where and why" "$html" "<title>slurm-1.0: build report</title>" "never built here before" \
    "3 of 3" "Critical path" "greet@1.0" "<td>tiny (sha256 " "$builds/slurm-1.0-software.tar.gz" "Size, unpacked"
expect_not_in "it loads nothing" "$html" "<script"
expect_not_in "the tarball knows nothing of it" "$(tar -tzf "$builds/slurm-1.0-software.tar.gz")" report
command=$(python3 -c 'import html, re, sys
print(html.unescape(re.findall("<pre>(.*?)</pre>", sys.stdin.read(), re.S)[-1]))' <<<"$html")
mkdir "$work/again" && cp "$builds/slurm-1.0.lock" "$work/again/"
new_root again
cd "$work/again"
run 0 eval "${command/#slurm-factory/'"$TOOL" --root "$root"'}"
cd "$work"
expect_true "its command makes the same bytes" cmp "$root/builds/slurm-1.0-software.tar.gz" \
    "$builds/slurm-1.0-software.tar.gz"
root=$work/root

before=$(stat -c '%n %i %y %s' "$builds"/*)
run 0 build
expect_in "a second run has nothing to do" "$out" "nothing to do"
expect "and writes none" "$(stat -c '%n %i %y %s' "$builds"/*)" "$before"

# ---- Why something is built, and what took how long before
greet_recipe "  install: [install]"
run 0 build
html=$(cat "$report")
expect_in "the reason is there" "$html" "differs from greet@1.0 in: phase install" "from the store"

# ---- A failure
slurm_recipe "" $'    build: |\n      echo "<b>it goes wrong</b>"\n      exit 3'
sums=$(sha256sum "$builds"/*)
run 5 build
expect_in "where it was written is said" "$out" "the report up to here: $root/logs/slurm-1.0-report.html"
html=$(cat "$root/logs/slurm-1.0-report.html")
expect_in "it shows the error" "$html" "It failed" "phase &#39;build&#39; failed" "&lt;b&gt;it goes wrong"
expect "the failed phase is in the trace" "$(ask "$root/logs/slurm-1.0-trace.json" \
    "phases('slurm@1.0')[-1]['name'], s['slurm@1.0']['args']['ok']")" "('build', False)"
expect "what was built before is as it was" "$(sha256sum "$builds"/*)" "$sums"
slurm_recipe

# ---- What comes from a binary cache, and several builds at a time
run 0 factory cache keys generate site --directory "$work/keys"
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build
run 0 factory cache push "$work/cache" --slurm-version 1.0 --key "$work/keys/site.key"
keys=$root/keys
new_root pulled
cp -r "$keys" "$root/"
run 0 build --cache "$work/cache"
expect_in "what was pulled is there" "$(cat "$root/builds/slurm-1.0-report.html")" "from $work/cache" "Transfers"
expect "as slices" "$(ask "$root/builds/slurm-1.0-trace.json" "s['greet@1.0']['cat'], s['greet@1.0']['args']['origin']")" \
    "('pull', '$work/cache')"
printf 'cells:\n  - {slurm-version: "1.0", suffix: one}\n  - {slurm-version: "1.0", minimal: true, suffix: two}\n' \
    >"$work/cells"
new_root several
run 0 factory build --matrix "$work/cells"
for name in slurm-1.0-one slurm-1.0-two; do
    expect_in "$name has its own report" "$(cat "$root/builds/$name-report.html")" "<h1>$name</h1>" "slurm@1.0"
    expect "$name has its own trace" "$(ask "$root/builds/$name-trace.json" "s['slurm@1.0']['cat']")" build
done

# ---- A package that is not Slurm
new_root greet
run 0 factory build greet
expect_in "its report is with the logs" "$out" "$root/logs/greet-1.0-report.html"

# ---- The same on standard output
new_root json
json_build() { # STATUS OPTION...: $out is standard output alone, $said standard error
    local want=$1 status=0
    shift
    out=$(build --json "$@" 2>"$work/said") || status=$?
    expect "exit status of build --json $*" "$status" "$want"
    said=$(<"$work/said")
}
events() { python3 -c 'import json, sys; print(*[json.loads(line)["event"] for line in sys.stdin])' <<<"$out"; }
json_build 0
expect_in "nothing but events" "$(events)" "stream build_planned" "package_built" "build_finished"
expect "nothing on standard error" "$said" ""
expect_in "the format is said first" "$(head -n 1 <<<"$out")" '{"event":"stream","format":1,'
json_build 0
expect_in "also when there is nothing to do" "$(events)" "build_finished"
expect_in "with the files" "$(grep '"build_finished"' <<<"$out")" "slurm-1.0-software.tar.gz"
json_build 4 --source "slurm=$work/none.tar.gz"
expect_in "an error is on standard error, too" "$said" "error: "
run 2 build --json --check
run 2 build --json --verbose

finish
