#!/bin/bash
# What `explain` says of packages that were never built, are there, or changed.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
explain() { factory explain "$@" slurm@1.0; }

run 0 explain greet
expect_in "never built" "$out" "greet@1.0 will be built" "it was never built here"
run 2 explain greeet
expect_in "no such package" "$out" "has no package 'greeet'" "did you mean 'greet'?"
run 0 build
run 0 explain greet
expect_in "built" "$out" "greet@1.0 is in the store: layer "

# A real line of the source.
sed -i 's/"hello"/"good day"/' "$work/src/greet-1.0/greet.c"
before=$(sum "$archives/greet-1.0.tar.gz")
pack greet-1.0
greet_recipe
run 0 explain greet
expect_in "a changed source" "$out" "greet@1.0 will be built" "  source" "- $before" \
    "+ $(sum "$archives/greet-1.0.tar.gz")"
expect_not_in "what did not change is not named" "$out" "phase"
run 0 explain slurm
expect_in "what links it" "$out" "slurm@1.0 will be built" "it waits for greet@1.0" "  dependency greet"
expect_not_in "its own inputs are the same" "$out" "source"
run 0 build

# A phase.
slurm_recipe "" "    finish: |
      true"
run 0 explain slurm
expect_in "a new phase" "$out" "slurm@1.0 will be built" "  phase finish" "+ true"
run 0 explain slurm --format json
expect "the JSON names the change" \
    "$(python3 -c 'import json,sys; print([c["name"] for c in json.loads(sys.argv[1])["changes"]])' "$out")" \
    "['phase finish']"

cat >"$work/inputs.py" <<'END'
import json, sys
explained = json.load(sys.stdin)
now, before = ({field["name"]: field["value"] for field in both["inputs"]} for both in (explained, explained["compared_with"]))
print("differ:", sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name)))
print("only now:", sorted(now.keys() - before.keys()), now["phase finish"].strip())
print("dependencies:", sorted(name for name in now if name.startswith("dependency ")))
print("sources:", now["source"].split() == before["source"].split() == [sys.argv[1]])
END
run 0 python3 "$work/inputs.py" "$(sum "$archives/slurm-1.0.tar.gz")" <<<"$out"
expect "the JSON has the typed inputs of both keys" "$out" "differ: ['phase finish']
only now: ['phase finish'] true
dependencies: ['dependency greet', 'dependency helper']
sources: True"

# Back to what was built before, but its layer is lost.
slurm_recipe
layer=$(factory explain slurm slurm@1.0 --format json | python3 -c 'import json,sys; print(json.load(sys.stdin)["compared_with"]["layer"])')
rm -r "$root/layers/$layer"
run 0 explain slurm
expect_in "a lost layer" "$out" "the store no longer has its layers"

# Nothing is built, not even the image.
new_root fresh own
rm -r "$root"/state.db* "$root/images"
run 1 explain greet
expect_in "no image" "$out" "base image tiny is not made yet"
finish
