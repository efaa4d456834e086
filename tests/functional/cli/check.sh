#!/bin/bash
# `build --check` on packages that come out the same, and on one that does not.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
run 0 build --check
expect_in "what is not in the store is built first, then all again" "$out" "greet@1.0: the same bytes" \
    "helper@1.0: the same bytes" "slurm@1.0: the same bytes"
expect "no bundle is written" "$(ls "$root/builds" 2>/dev/null)" ""
layers=$(ls "$root/layers")
run 0 build --check=greet
expect_in "one package" "$out" "greet@1.0: the same bytes"
expect_not_in "no other" "$out" "slurm@1.0: the same"
expect "the store is as it was" "$(ls "$root/layers")" "$layers"
expect_no_leftovers "after checks"
run 2 build --check=greeet
expect_in "no such package" "$out" "has no package 'greeet'"

# A time in a file, a random name, and a random link.
slurm_recipe "" '    finish: |
      mkdir -p "$PREFIX/share/slurm"
      echo "made at $(date +%s.%N)" >"$PREFIX/share/slurm/made"
      random=$(tr -dc a-z </dev/urandom | head -c 12)
      touch "$PREFIX/share/slurm/only-$random"
      ln -s "$random" "$PREFIX/share/slurm/link"'
run 9 build --check=slurm
expect_in "what differs is named, and where" "$out" "slurm@1.0: 4 files differ" "share/slurm/made (run): " \
    ", from byte " "only in the first build" "only in the second build" "share/slurm/link (run): links to "
finish
