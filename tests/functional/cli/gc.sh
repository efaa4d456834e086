#!/bin/bash
# `gc`, `clean`, `cache stats` and pins.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root own
stats() { factory cache stats --format json | python3 -c "import json,sys; s=json.load(sys.stdin); print($1)"; }
layers() { ls "$root/layers" | wc -l; }

run 0 build
expect_in "a build ends with figures" "$out" "caches: 0 of 3 packages from the store" \
    "and 0 B of layers" "0 sources from the cache (0 B), 3 fetched"
run 0 build --minimal --pin small --output "$work/small"
expect_in "packages from the store" "$out" "caches: 2 of 3 packages from the store" "1 sources from the cache"
expect_not_in "and the bytes that were saved" "$out" "0 B of layers"
expect "both are in the history" "$(stats '[(r["built"], r["reused"]) for r in s["runs"]]')" "[(1, 2), (3, 0)]"
expect "sources are counted" "$(stats '(s["runs"][1]["sources_fetched"], s["runs"][0]["sources_cached"])')" "(3, 1)"
expect "so are the bytes of packages and sources that were there" \
    "$(stats '[(r["saved_layer_bytes"] > 0, r["saved_source_bytes"]) for r in s["runs"]]')" \
    "[(True, $(stat -c %s "$archives/slurm-1.0.tar.gz")), (False, 0)]"
expect_in "what is kept" "$(factory cache stats)" "kept      $root/builds/slurm-1.0-software.tar.gz" "kept      pin:small"

# Kept builds stay, however old.
echo 'cache: {keep-days: 0}' >>"$root/config.yaml"
before=$(layers)
run 0 factory gc
expect_not_in "all is kept" "$out" "package"

# One that is neither: another variant of the library, whose tarball is gone.
slurm_recipe $'  - {spec: "greet +loud", type: [build, link]}\n  - {spec: helper, type: build}'
run 0 build --output "$work/loud"
rm -r "$work/loud"
sleep 1.1 # keep-days: 0 is anything before this second
run 0 factory gc --dry-run
expect_in "what would go" "$out" "greet@1.0" "slurm@1.0" "would be freed" "last used 0 days ago"
expect_true "a dry run removes nothing" [ "$(layers)" -gt "$before" ]
run 0 factory gc
expect_in "what goes" "$out" "greet@1.0" "slurm@1.0" "freed"
expect "the store is what it was" "$(layers)" "$before"
slurm_recipe
run 0 build
expect_in "kept builds are whole" "$out" "nothing to do"
expect_in "figures are there as well when nothing is to do" "$out" "caches: 3 of 3 packages from the store, which saved"
run 0 build --minimal --output "$work/small"
expect_in "pinned ones too" "$out" "nothing to do"

# A pin that is given up; its tarball is gone as well.
rm -r "$work/small"
run 2 factory gc --unpin smal
expect_in "no such pin" "$out" "there is no pin 'smal'" "pins: small"
sleep 1.1
run 0 factory gc --unpin small
expect_in "the pinned variant goes" "$out" "slurm@1.0"
expect_not_in "what the other build needs stays" "$out" "greet@1.0"
run 0 build
expect_in "the kept build is whole" "$out" "nothing to do"

# Budgets.
sed -i '/^cache:/d' "$root/config.yaml"
run 0 build --minimal --output "$work/small"
rm -r "$work/small"
echo 'cache: {layers: 1K, sources: 1}' >>"$root/config.yaml"
run 0 factory gc
expect_in "over budget" "$out" "the store is over its budget" "the source cache is over its budget" \
    "what kept builds and pins need takes"
expect "no archive is left" "$(find "$root/cache/sources" -type f | wc -l)" 0
run 0 build
expect_in "the kept build is still whole" "$out" "nothing to do"
sed -i '/^cache:/d' "$root/config.yaml"

# Over budget, what was used longest ago goes first, and not what was made first.
size_of() { stats "next(c['bytes'] for c in s['caches'] if c['name'] == '$1')"; }
an_hour_passes() {
    python3 - "$root/state.db" <<'END'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("UPDATE uses SET used = used - 3600")
END
    local thing
    for thing in "$root"/layers/* "$root"/cache/sources/*; do
        touch -d "@$(($(stat -c %Y "$thing") - 3600))" "$thing"
    done
}
loud() { slurm_recipe $'  - {spec: "greet +loud", type: [build, link]}\n  - {spec: helper, type: build}'; }
kept_root=$root
new_root lru
run 0 build --output "$work/quiet"
quiet_bytes=$(size_of layers)
an_hour_passes
loud
run 0 build --output "$work/loud"
an_hour_passes
slurm_recipe
rm -r "$work/quiet"
run 0 build --output "$work/quiet"
an_hour_passes
rm -r "$work/quiet" "$work/loud"
both_bytes=$(size_of layers)
echo "cache: {layers: $(((quiet_bytes + both_bytes) / 2))}" >>"$root/config.yaml"
run 0 factory gc
expect "one package goes" "$(grep -c '^package .*the store is over its budget' <<<"$out")" 1
expect_in "it is the variant that was used before the other" "$out" "package  greet@1.0"
run 0 build --offline
expect_in "the one used last is still there" "$out" "0 packages built, 3 from the store"
loud
run 0 build
expect_in "the other is built again" "$out" "greet@1.0: built in" "1 package built"
slurm_recipe

# The same for archives: all but the library's have been used since.
touch "$root"/cache/sources/*
touch -d '2 hours ago' "$root/cache/sources/$(sum "$archives/greet-1.0.tar.gz")"
touch -d '1 hour ago' "$root/cache/sources/$(sum "$archives/helper-1.0.tar.gz")"
sed -i '/^cache:/d' "$root/config.yaml"
echo "cache: {sources: $(($(size_of sources) - 1))}" >>"$root/config.yaml"
run 0 factory gc
expect "one archive goes" "$(grep -c '^source .*over its budget' <<<"$out")" 1
expect "the one used longest ago" "$(cd "$root/cache/sources" && find . -name '*.tar.gz' -printf '%f\n' | sort | tr '\n' ' ')" \
    "helper-1.0.tar.gz slurm-1.0.tar.gz "

# Images: beside the one that the kept build was made in, two that nothing is left of.
new_root images own
run 0 build
tiny=$(dirname "$(ls -d "$root"/images/*/rootfs)")
another_image() { # NAME TIME: a copy with a digest of its own, last used then
    local digest
    digest=$(sha256sum <<<"$1" | cut -d ' ' -f 1)
    cp -al "$tiny" "$root/images/$digest"
    touch -d "$2" "$root/images/$digest"
    python3 - "$root/state.db" "$1" "$digest" <<'END'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("INSERT INTO images SELECT ?, recipe_key, ?, bytes, created, externals FROM images "
                     "WHERE name = 'tiny'", sys.argv[2:])
END
}
image_names() { factory image list | cut -d ' ' -f 1 | tr '\n' ' '; }
budgets() { sed -i '/^cache:/d' "$root/config.yaml" && echo "cache: {$1}" >>"$root/config.yaml"; }
another_image first '2 days ago'
another_image second '1 day ago'
touch -d '3 days ago' "$tiny"
budget=$(($(python3 -c "
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute('SELECT sum(bytes) FROM images').fetchone()[0])" "$root/state.db") - 1))
budgets "images: $budget, logs: 5MiB"
expect "cache stats has the budgets" \
    "$(stats '{c["name"]: c["budget_bytes"] for c in s["caches"] if c["name"] in ("images", "logs")}')" \
    "{'images': $budget, 'logs': 5242880}"
run 0 factory gc --dry-run
expect_in "one image would go" "$(grep '^image ' <<<"$out")" "first" "the images are over their budget; last used 2 days ago"
expect "a dry run removes none" "$(image_names)" "first second tiny "
run 0 factory gc
expect "the one used longest ago goes, of those that no kept build needs" "$(image_names)" "second tiny "
expect "so do its files" "$(ls -d "$root"/images/*/rootfs | wc -l)" 2
expect_not_in "the rest is within the budget" "$out" "more than"
budgets "images: 1"
run 0 factory gc
expect "what kept builds need stays" "$(image_names)" "tiny "
expect_in "and is said to be too much" "$out" \
    "imported images and those of kept builds, pins and running builds takes" "more than cache.images allows"
run 0 build
expect_in "the kept build is whole" "$out" "nothing to do"
expect_true "that its image was used is noted" [ "$(stat -c %Y "$tiny")" -gt "$(date -d '1 day ago' +%s)" ]

# Logs: the oldest goes.
touch -d '1 hour ago' "$root"/logs/*
touch -d '2 hours ago' "$root"/logs/greet-*
budgets "logs: $(($(size_of logs) - 1))"
run 0 factory gc
expect "one log goes" "$(grep '^log ' <<<"$out" | grep -c "greet-1.0-.*the logs are over their budget; last used 0 days")" 1
expect "the others stay" "$(ls "$root/logs" | cut -d - -f 1 | tr '\n' ' ')" "helper slurm "

# What a running build works in and writes stays, though nothing is kept.
rm -r "$root/builds"
slurm_recipe "" $'    build: |\n      sleep 60'
build_in_background "$work/log"
# The log of an earlier build has this line, too.
two_logs() { [[ $(cat "$root"/logs/slurm-1.0-* | grep -c "configured with") == 2 ]]; }
within 20 two_logs
budgets "images: 1, logs: 1, keep-days: 0"
run 0 factory gc
expect "a running build keeps its image" "$(image_names)" "tiny "
expect "and its log" "$(ls "$root/logs" | wc -l)" 1
expect_in "which is said to be too much" "$out" "what running builds write takes" "more than cache.logs allows"
kill -INT "$pid"
wait "$pid" || true
slurm_recipe
run 0 factory gc
expect_in "when it has ended, they go" "$out" "image    tiny" "log      slurm-1.0"
expect "all of them" "$(ls -d "$root"/images/*/rootfs "$root"/logs/* 2>/dev/null)" ""
root=$kept_root

# What the index names and the store lost, and what the store has and the index does not name.
mkdir "$root/layers/tmp.killed"
lost=$(ls "$root/layers" | grep -v tmp | head -n 1)
rm -r "$root/layers/$lost"
mkdir -p "$root/layers/$(printf '%064d' 7)" # no layer has this digest
run 0 factory gc
expect_in "gaps are mended" "$out" "its layers are gone" "no package has it"
expect "leftovers are gone" "$(ls "$root/layers" | grep -c -e tmp -e "$(printf '%064d' 7)" || true)" 0
run 0 build
expect_in "what was lost is built again" "$out" "built in"

# A build that runs keeps what it has claimed, however small the budgets; what it does not need goes.
slurm_recipe $'  - {spec: "greet +loud", type: [build, link]}\n  - {spec: helper, type: build}'
run 0 build --output "$work/loud"
rm -r "$work/loud" "$root/builds"
slurm_recipe "" "    build: |
      sleep 4"
echo 'cache: {keep-days: 0, layers: 1K, sources: 1}' >>"$root/config.yaml"
sleep 2.1 # times are in seconds, and one more is spared
build_in_background "$work/log"
within 20 grep -q "slurm@1.0: building" "$work/log"
before=$(layers)
run 0 factory gc
expect_in "gc beside a build" "$out" "greet@1.0"
expect_true "what nobody needs goes" [ "$(layers)" -lt "$before" ]
run 1 factory clean --full
expect_in "clean waits for it" "$out" "a build is running" "try again when it has ended"
expect_true "the build goes on to its end" wait "$pid"
expect_in "it took its dependencies from the store" "$(cat "$work/log")" "greet@1.0: in the store"
run 0 build
expect_in "and its bundle is whole" "$out" "nothing to do"
sed -i '/^cache:/d' "$root/config.yaml"

# One that is killed does not hold anything up.
slurm_recipe "" "    build: |
      sleep 60"
build_in_background "$work/log"
within 20 grep -q "slurm@1.0: building" "$work/log"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
slurm_recipe
expect_true "the killed build's lock goes" within 10 factory clean
expect_no_leftovers "after clean"

# clean --full
run 0 factory clean --full
expect "tarballs and configuration stay" "$(ls "$root")" "$(printf 'builds\nconfig.yaml\nwork')"
# What a build finished before it failed stays.
new_root failed own
slurm_recipe "" $'    build: |\n      exit 3'
run 5 build
run 0 factory gc
expect_not_in "what a failed build has made is kept" "$out" "package "
slurm_recipe
run 0 build
expect_in "and is there for the next" "$out" "1 package built, 2 from the store"

# ---- Layers that somebody changed
new_root damaged
run 0 build
run 0 factory cache verify --store
expect_in "a good store" "$out" " layers (" " read, 0 damaged"
library=$(echo "$root"/layers/*/tree/lib/libgreet.so.1)
layer=$(basename "${library%/tree/lib/*}")
echo more >>"$library"
run 9 factory cache verify --store
expect_in "the layer and its file are named" "$out" "layer ${layer:0:12} of greet@1.0" \
    "    tree/lib/libgreet.so.1 has other contents" "1 damaged" "cache verify --store --remove"
expect_true "looking removes nothing" test -e "$library"
run 9 build --minimal --output "$work/small"
expect_in "nobody builds on it" "$out" "$root/layers/$layer/tree was changed after its layer was made" \
    "hint: 'slurm-factory cache verify --store'"
run 9 factory cache verify --store --remove
expect_in "it goes" "$out" "layer ${layer:0:12} of greet@1.0: removed" "the next build makes them again"
run 0 build --minimal --output "$work/small"
expect_in "and is made again" "$out" "greet@1.0: built in"
run 0 factory cache verify --store
run 2 factory cache verify
run 2 factory cache verify "$work/remote" --store
run 2 factory cache verify "$work/remote" --remove
finish
