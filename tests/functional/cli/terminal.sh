#!/bin/bash
# What others wrote (names, logs, files) is not obeyed by a terminal and does not pass for a line of the program. Needs no
# base image.
set -euo pipefail
TOOL=$(realpath "$1")
work=$(mktemp -d)
follower=
trap '[ -z "$follower" ] || kill "$follower" 2>/dev/null || true; rm -rf "$work"' EXIT
export HOME=$work LC_ALL=C TERM=dumb
failures=0
expect_in() { # WHAT TEXT PART
    if [[ $2 == *"$3"* ]]; then echo "ok: $1"; else echo "FAILED: $1: no \"$3\" in: $2"; failures=$((failures + 1)); fi
}
expect_clean() { # WHAT TEXT: and no line of it is forged
    if [[ $2 == *$'\e'* || $2 == *$'\u9b'* || $2 == *$'\xc2\x9b'* ]] || grep -q '^\(error: \)\?signed' <<<"$2"; then
        echo "FAILED: $1: $(cat -v <<<"$2")"
        failures=$((failures + 1))
    else
        echo "ok: $1"
    fi
}
run() { out=$("$TOOL" --root "$work/root" "$@" 2>&1) || true; }
odd=$'x\e[31m\xc2\x9b1m\nsigned by site'
shown='x\x1b[31m\u009b1m'

# ---- Errors
run "$odd"
expect_clean "a command" "$out"
run build --slurm-version "$odd"
expect_clean "a version" "$out"
expect_in "it is shown all the same" "$out" "$shown"
run verify "$work/$odd"
expect_clean "a file" "$out"
expect_in "it is shown as well" "$out" "$shown"
printf '"slurm\\e[31m\\nsigned by site": 1\n' >"$work/config.yaml"
run config check "$work/config.yaml"
expect_clean "a key in YAML" "$out"
expect_in "and where it stands" "$out" "config.yaml:1:1"
mkdir -p "$work/recipes/$odd" && printf '"a\\e[31m\\nsigned by site": 1\n' >"$work/recipes/$odd/recipe.yaml"
run recipe check "$work/recipes"
expect_clean "a recipe" "$out"
expect_in "is an error" "$out" "error: "

# ---- Results
run cache keys generate "$odd" --directory "$work"
expect_clean "the name of a key" "$out"
expect_clean "in a list" "$("$TOOL" --root "$work/root" cache keys list 2>&1)"
run mirror add "$odd" "/srv/$odd"
run mirror list
expect_clean "a mirror" "$out"
"$TOOL" --root "$work/$odd" config show --format json >"$work/json"
expect_clean "JSON" "$(cat "$work/json")"
python3 - "$work/json" "$work/$odd" <<'PYTHON'
import json, sys
assert json.load(open(sys.argv[1]))["root"]["value"] == sys.argv[2]
PYTHON
echo "ok: which says the same"

# ---- Logs
mkdir -p "$work/root/logs"
log=$work/root/logs/slurm-1.0-20240101T000000.log
printf 'one \e[31mred\e[0m\ntwo \xc2\x9b1m\n' >"$log"
if "$TOOL" --root "$work/root" logs slurm | cmp -s - "$log"; then
    echo "ok: a log that is piped is the same bytes"
else
    echo "FAILED: a log that is piped"
    failures=$((failures + 1))
fi
if command -v script >/dev/null; then
    script -qefc "'$TOOL' --root '$work/root' logs --follow slurm" "$work/typescript" >/dev/null 2>&1 &
    follower=$!
    for _ in {1..100}; do
        grep -q two "$work/typescript" 2>/dev/null && break
        sleep 0.05
    done
    expect_in "a log that is followed on a terminal" "$(cat "$work/typescript")" 'one \x1b[31mred\x1b[0m'
    expect_clean "is not obeyed" "$(cat "$work/typescript")"
fi

if ((failures > 0)); then echo "$failures failed"; exit 1; fi
