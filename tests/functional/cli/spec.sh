#!/bin/bash
# What requests come to: specs, variants, lock files, and requests that cannot be met.
. "$(dirname "$0")/lib.sh"
usual_packages
# Another greet, which provides what greet does, and a second version of it.
mkdir -p "$recipes"/{shout,ring-a,ring-b}
cp -r "$work/src/greet-1.0" "$work/src/shout-1.0"
cp -r "$work/src/greet-1.0" "$work/src/shout-2.0"
pack shout-1.0
pack shout-2.0
greet_recipe "provides: [greeting]"
{ recipe_head shout 1.0
  cat <<END
  - version: "2.0"
    sources: [{url: "file://$archives/shout-2.0.tar.gz", sha256: $(sum "$archives/shout-2.0.tar.gz")}]
variants:
  echo: {default: false, description: "Twice.", when: "@2:"}
provides: [greeting]
build: {system: make, make: [all, LOUD=1]}
END
} >"$recipes/shout/recipe.yaml"
for pair in "ring-a ring-b" "ring-b ring-a"; do
    # shellcheck disable=SC2086 # two words
    set -- $pair
    cp -r "$work/src/greet-1.0" "$work/src/$1-1.0"
    pack "$1-1.0"
    { recipe_head "$1" 1.0
      printf 'dependencies: [{spec: %s, type: link}]\nbuild: {system: make}\n' "$2"
    } >"$recipes/$1/recipe.yaml"
done
slurm_with() { # DEPENDENCIES: slurm with variants as the real one has them
    slurm_recipe "$1"
    cat >>"$recipes/slurm/recipe.yaml" <<'END'
conflicts:
  - {spec: "+gpu", when: "+minimal", reason: "the GPU plugins are no core plugins"}
END
    sed -i 's/^  minimal: .*/&\n  gpu: {default: false, description: "More."}/' "$recipes/slurm/recipe.yaml"
}
slurm_with $'  - {spec: greeting, type: [build, link]}\n  - {spec: helper, type: build}'
new_root root
spec() { factory spec --slurm-version 1.0 "$@"; }
read_json() { # EXPRESSION of p, the answer, and s, its steps by package
    python3 -c "import json,sys; p=json.load(sys.stdin); s={x['package']: x for x in p['steps']}; print($1)" <<<"$out"
}

# ---- What it shows
run 0 spec
expect_in "the tree" "$out" "slurm@1.0 ~gpu ~minimal" "|- greet@1.0 ~loud tone=major" "slurm needs greeting (build, link)" \
    "\`- helper@1.0" "to be built (build only); slurm needs helper (build)" \
    "3 packages: 0 in the store, 3 to be built, all never built here"
run 0 spec --format json
expect "json: who needs what, and why" "$(read_json "[(d['package'], d['spec'], d['type']) for d in s['slurm']['dependencies']]")" \
    "[('greet', 'greeting', ['build', 'link']), ('helper', 'helper', ['build'])]"
run 0 spec --format dot
expect_in "dot" "$out" "digraph slurm_factory {" '"slurm" -> "greet" [label="greeting"];' "style=dashed"
expect "nothing was done" "$(ls "$root")" "$(printf 'config.yaml\nimages\nstate.db')"

# ---- Variants and versions
run 0 factory spec 'slurm@1.0 +minimal ^greet +loud' --format json
expect "variants of a spec" "$(read_json "s['slurm']['variants']['minimal'], s['greet']['variants']['loud']")" \
    "true true"
expect_in "variants of a spec are kept in the request" "$out" '"request": "slurm@1.0 +minimal ^greet +loud"'
run 0 spec --variant +minimal
expect_in "--variant" "$out" "slurm@1.0 ~gpu +minimal"
run 0 factory spec 'slurm ^shout@1' --slurm-version 1.0
expect_in "the other provider" "$out" "shout@1.0" "slurm needs greeting"
cat >"$work/packages.yaml" <<'END'
packages:
  all:
    providers: {greeting: [shout]}
  shout:
    version: ["1.0"]
END
run 0 spec --packages "$work/packages.yaml"
expect_in "the site's provider and version" "$out" "shout@1.0"

# ---- Support that has ended, and known holes
supported() { # UNTIL
    slurm_with $'  - {spec: greeting, type: [build, link]}\n  - {spec: helper, type: build}'
    sed -i "s/^variants:/support: [{series: '1.0', until: $1, by: Debian 99}]\n&/" "$recipes/slurm/recipe.yaml"
}
supported 2999-12
run 0 factory spec
expect_in "whose support it has" "$out" "slurm 1.0 is supported by Debian 99 until 2999-12-31"
out=$(factory spec --format json 2>"$work/stderr")
expect "support in json" "$(read_json "s['slurm']['support'], s['greet'].get('support'), s['greet']['holes']")" \
    "{'by': 'Debian 99', 'until': '2999-12-31', 'past': False} None []"
expect_in "the series is named as if it had been asked for" "$out" '"request": "slurm@1.0"'
supported 2001-02
run 0 factory spec
expect_in "support that has ended" "$out" "warning: slurm 1.0 is past its end: Debian 99 supported it until 2001-02-28"
out=$(factory spec --format json 2>"$work/stderr")
expect "ended support in json" "$(read_json "s['slurm']['support']['past']")" "True"
mkdir -p "$work/data/advisories/greet"
cat >"$work/data/advisories/greet/CVE-2026-1.json" <<'END'
{"id": "CVE-2026-1", "summary": "A hole.", "affected": [{"package": {"ecosystem": "slurm-factory", "name": "greet"},
 "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}]}]}
END
out=$(factory spec --format json 2>"$work/stderr")
expect "known holes in json" "$(read_json "s['greet']['holes'], s['slurm']['holes']")" "['CVE-2026-1'] []"
expect_in "known holes" "$(<"$work/stderr")" "warning: greet 1.0 has 1 known hole that nothing closes: CVE-2026-1"
rm -r "$work/data/advisories"
supported 2001-22
run 3 factory spec
expect_in "a date that is none" "$out" "'2001-22' is not a date" "give the last month or day"
slurm_with $'  - {spec: greeting, type: [build, link]}\n  - {spec: helper, type: build}'

# ---- Requests that cannot be met
run 10 spec --gpu --minimal
expect_in "--gpu with --minimal" "$out" "slurm +gpu and slurm +minimal do not go together: the GPU plugins are no core" \
    "$recipes/slurm/recipe.yaml:"
run 2 spec --variant +minimul
expect_in "an unknown variant" "$out" "slurm has no variant 'minimul'" "did you mean 'minimal'?"
run 2 factory spec 'slurm@1.0 minimal=maybe'
expect_in "an unknown value" "$out" "'maybe' is not a value of slurm's variant 'minimal'" "its values: true, false"
run 2 factory spec slrum
expect_in "an unknown package" "$out" "there is no recipe for 'slrum'" "did you mean 'slurm'?"
run 2 factory spec 'slurm@1.0 ^grete'
expect_in "an unknown package after ^" "$out" "there is no recipe for 'grete'" "did you mean 'greet'?"
run 2 factory spec 'slurm@1.0 +minimal' --variant ~minimal
expect_in "a contradiction in the words" "$out" "variant 'minimal' cannot be 'false' and 'true'"
run 2 factory spec 'slurm@@1'
expect_in "what is no spec" "$out" "column 7"
run 10 factory spec 'slurm@1.0 ^shout@1 +echo'
expect_in "a variant of other versions" "$out" "shout's variant 'echo' exists for @2: only"
run 3 factory spec ring-a
expect_in "a ring" "$out" "ring-a -> ring-b -> ring-a"
run 2 factory spec 'slurm@1.0 ^ring-a'
expect_in "what nothing needs" "$out" "nothing in this build of slurm needs ring-a"
slurm_with $'  - {spec: parting, type: [build, link]}'
run 3 spec
expect_in "a virtual package that none provides" "$out" "slurm needs 'parting', which has no recipe"
slurm_with $'  - {spec: "greet@2:", type: [build, link]}'
run 10 spec
expect_in "contradictory constraints" "$out" "no version of greet meets all requirements:" \
    "slurm wants greet@2:" "known versions: 1.0"
slurm_with $'  - {spec: greeting, type: [build, link]}\n  - {spec: helper, type: build}'

cat >"$work/claims.yaml" <<'END'
packages:
  gcc:
    externals: [{spec: gcc@99, prefix: /usr}]
END
run 10 spec --packages "$work/claims.yaml"
expect_in "an external that is not what it claims" "$out" "gcc@99 is claimed as an external, but base image tiny has gcc"

# ---- Lock files
run 0 spec --lock "$work/a.lock"
run 0 spec --lock "$work/b.lock"
expect_true "the same request gives the same lock file" cmp "$work/a.lock" "$work/b.lock"
run 2 build --locked "$work/a.lock" --hardening strict
expect_in "another hardening level than the lock's" "$out" \
    "a.lock was made for hardening level default, and --hardening asks for strict" "hint: leave the option out"
run 2 build --locked "$work/a.lock" --glibc 2.31
expect_in "another floor than the lock's" "$out" "a.lock was made for glibc floor 2.28, and --glibc asks for 2.31"
run 0 build --locked "$work/a.lock"
expect_true "a build leaves its lock file" cmp "$work/a.lock" "$root/builds/slurm-1.0.lock"
sed 's/"1.0"/"0.9"/' "$work/a.lock" >"$work/old.lock"
run 10 factory build --locked "$work/old.lock"
expect_in "a lock file that does not fit" "$out" "$work/old.lock does not fit the recipes:" \
    "greet@0.9: its recipe has no such version" "hint: "
head -c 200 "$work/a.lock" >"$work/half.lock"
run 10 factory build --locked "$work/half.lock"
expect_in "half a lock file" "$out" "$work/half.lock: this is not a lock file" "hint: make it again"
run 1 factory build --locked "$work/none.lock"
expect_in "a lock file that is not there" "$out" "$work/none.lock"

# ---- What the store has is taken again, unless --fresh
{ recipe_head greet 1.0
  cat <<END
  - version: "1.1"
    sources: [{url: "file://$archives/greet-1.0.tar.gz", sha256: $(sum "$archives/greet-1.0.tar.gz")}]
variants:
  loud: {default: false, description: "Shouts."}
  tone: {default: major, values: [major, minor], description: "Of no consequence."}
provides: [greeting]
build: {system: make, make: [all]}
END
} >"$recipes/greet/recipe.yaml"
run 0 spec
expect_in "reuse" "$out" "greet@1.0"
run 0 spec --fresh
expect_in "--fresh" "$out" "greet@1.1"

# ---- Another package than Slurm
run 0 factory build shout@2
expect_in "layers of another package" "$out" "shout@2.0" "/layers/"
expect_true "it was built" test -e "$(sed -n 's/^ *shout@2.0 *//p' <<<"$out")/lib/libgreet.so.1"
finish
