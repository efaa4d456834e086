#!/bin/bash
# Mirrors: made from a build, added to a root that has no network, and what is wrong with them.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
mirror=$work/mirror

run 0 build
run 0 factory mirror create "$mirror" slurm@1.0
expect_in "all archives are copied" "$out" "3 archives copied" "0 already there"
expect "each by its sum" "$(cd "$mirror" && find . -type f | sort)" \
    "$(cd "$root/cache/sources" && find . -type f -not -path './partial/*' | sort)"
run 0 factory mirror create "$mirror" slurm@1.0
expect_in "a second time none" "$out" "0 archives copied" "3 already there"
one=$(find "$mirror" -name 'greet*' -type f)
echo broken >"$one"
run 0 factory mirror create "$mirror" slurm@1.0
expect_in "one that is damaged is copied again" "$out" "1 archives copied" "2 already there"
expect_true "whole" cmp "$one" "$root/cache/sources/$(basename "$(dirname "$one")")/$(basename "$one")"

run 0 factory cache keys generate site --directory "$work/keys"
run 0 factory mirror create "$mirror" slurm@1.0 --packages --key "$work/keys/site.key"
expect_in "packages too" "$out" "3 packages pushed" "signed"
software=$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")

# Sources alone: another root builds from them, with no other place to look.
mv "$archives" "$work/gone"
new_root sources
run 4 build --offline
run 0 factory mirror add site "$mirror"
run 0 factory mirror list
expect_in "it is listed" "$out" "site" "$mirror"
run 0 build --offline
expect_in "everything is built" "$out" "3 packages built"
expect "the same bytes" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$software"

# With packages nothing is built, and not even the base image is made.
root=$work/packages
mkdir "$root"
run 0 factory cache keys add "$work/keys/site.pub"
run 0 factory mirror add site "$mirror" --packages
run 0 build --offline
expect_in "everything is taken" "$out" "0 packages built, 0 from the store, 3 from binary caches"

# Wrong input.
run 2 factory mirror add site /elsewhere
expect_in "a name is taken once" "$out" "mirror site already exists: $mirror"
run 2 factory mirror add other relative/place
expect_in "a place must be absolute" "$out" "a mirror cannot be at 'relative/place'"
run 2 factory mirror add 'a b' /elsewhere
expect_in "names are words" "$out" "'a b' is not a name for a mirror"
run 2 factory mirror remove sit
expect_in "an unknown one" "$out" "there is no mirror 'sit'" "there are: site"
run 0 factory mirror remove site
run 0 factory mirror list
expect "it is gone" "$out" ""
printf 'mirrors:\n  - {name: site, plce: /x}\n' >"$root/mirrors.yaml"
run 3 factory mirror list
expect_in "a fault has its place" "$out" "mirrors.yaml:2:18: unknown key 'plce'" "did you mean 'place'?"
finish
