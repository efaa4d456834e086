#!/bin/bash
# Binary caches: push, pull, builds that take from them, signatures, and what is wrong with them.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
remote=$work/remote
second() { # a root that has built nothing, with the ring of NAME
    new_root "$1"
    sed -i '/^cache:/d' "$root/config.yaml"
}
key_of() { factory explain "$1" slurm@1.0 --format json | python3 -c 'import json,sys; print(json.load(sys.stdin)["key"])'; }

run 1 factory cache push "$remote" slurm@1.0
expect_in "what is not built cannot be pushed" "$out" "3 of 3 packages are not in the store" "greet@1.0"
run 0 build
run 0 factory cache keys generate site --directory "$work/keys"
expect "the secret key is its owner's" "$(stat -c %a "$work/keys/site.key")" 600
run 2 factory cache keys generate site --directory "$work/keys"
run 0 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key"
expect_in "all is pushed" "$out" "3 packages pushed" "0 were there; signed"
run 0 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key"
expect_in "nothing is pushed twice" "$out" "0 packages pushed" "3 were there"
run 0 factory cache list "$remote"
expect_in "what is there" "$out" "greet@1.0" "helper@1.0" "slurm@1.0" "base image tiny" "signed by site" "3 packages, 1 images"
run 0 factory cache verify "$remote"
bundle=$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")
greet_key=$(key_of greet)

run 0 factory cache prune "$remote"
expect_in "what is new is kept" "$out" "0 entries removed, 3 kept"
run 0 factory cache prune "$remote" --keep-days 0 --dry-run
run 0 factory cache list "$remote"
expect_in "a dry run removes nothing" "$out" "3 packages"
run 2 factory cache prune oci://127.0.0.1:1/slurm
expect_in "a registry looks after itself" "$out" "oci://127.0.0.1:1/slurm is not in a directory"

# Without a key of the ring nothing is taken.
second no-ring
run 2 factory cache pull slurm@1.0
expect_in "no cache to pull from" "$out" "error: there is no binary cache to pull from"
run 2 factory cache pull slurm@1.0 --cache "$remote"
expect_in "none that is trusted" "$out" "warning: no public key is in" "error: none of the binary caches can be pulled from"
run 0 build --cache "$remote"
expect_in "an empty ring" "$out" "warning: no public key is in" "3 packages built"

second other-ring
run 0 factory cache keys generate other --directory "$work/keys"
run 0 build --cache "$remote"
expect_in "another's signature" "$out" "greet@1.0 of $remote is not used" "3 packages built"

# OpenPGP, with a gpg of the test's own.
export GNUPGHOME=$work/gnupg
mkdir -m 700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-generate-key admin@example.org ed25519 sign never
gpg --armor --export admin@example.org >"$work/keys/admin.asc"
root=$work/root
run 2 factory cache push "$work/openpgp" slurm@1.0 --gpg-key nobody@example.org --no-base-image
expect_in "an unknown signer" "$out" "gpg does not sign as 'nobody@example.org'" "gpg --list-secret-keys"
run 0 factory cache push "$work/openpgp" slurm@1.0 --gpg-key admin@example.org --no-base-image
expect_in "signed by gpg" "$out" "3 packages pushed" "signed"
second gpg-ring
run 0 factory cache keys add "$work/keys/admin.asc"
run 0 factory cache keys list
expect_in "the ring has it" "$out" "admin"
run 0 build --cache "$remote" --cache "$work/openpgp" --offline
expect_in "its packages are taken, others are not" "$out" "greet@1.0 of $remote is not used" \
    "greet@1.0: taken from $work/openpgp" "3 from binary caches"
run 0 factory cache list "$work/openpgp"
expect_in "who signed" "$out" "signed by admin"
run 0 factory cache keys remove admin
run 0 factory cache keys list
expect "the ring is empty" "$out" ""
gpgconf --kill gpg-agent

# With it nothing is built.
second site-ring
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build --cache "$remote" --offline
expect_in "all is taken" "$out" "0 packages built, 0 from the store, 3 from binary caches" "greet@1.0: taken from $remote"
expect_not_in "nothing is built" "$out" "building"
expect "the bundle has the same bytes" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"
run 0 build --cache "$remote"
expect_in "then it is in the store" "$out" "nothing to do"

# cache pull alone.
second pulling
echo "cache: {remotes: [$remote]}" >>"$root/config.yaml"
run 0 factory cache keys add "$work/keys/site.pub"
run 0 factory cache pull slurm@1.0
expect_in "pulled" "$out" "3 pulled, 0 were there"
run 0 factory cache pull slurm@1.0
expect_in "nothing is pulled twice" "$out" "0 pulled, 3 were there"
greet_source
sed -i 's/"hello"/"good day"/' "$work/src/greet-1.0/greet.c"
pack greet-1.0
greet_recipe
run 4 factory cache pull slurm@1.0
expect_in "what nobody has" "$out" "not to be had: greet@1.0, slurm@1.0"
run 0 build
expect_in "a changed package is built, the others are not" "$out" "2 packages built, 1 from the store"
greet_source
greet_recipe

# Unsigned entries, where that is allowed.
run 0 build
run 0 factory cache push "$work/unsigned" slurm@1.0
expect_in "not signed" "$out" "not signed"
second strict
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build --cache "$work/unsigned"
expect_in "unsigned is refused" "$out" "is not used" "3 packages built"
second lax
echo 'cache: {only-signed: false}' >>"$root/config.yaml"
run 0 build --cache "$work/unsigned"
expect_in "unless the site says so" "$out" "3 from binary caches"

# Damage: one flipped byte in the largest blob of a package, and a manifest of another key.
damaged=$work/damaged
cp -a "$remote" "$damaged"
blob=$(find "$damaged/blobs" -type f -printf '%s %p\n' | sort -rn | sed -n 2p | cut -d ' ' -f 2) # the base image's layer is larger
printf 'X' | dd of="$blob" bs=1 seek=100 conv=notrunc status=none
second flipped
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build --cache "$damaged"
expect_in "a flipped byte is noticed and the package built" "$out" "warning:" "built in"
expect "and the bundle is right" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"
run 9 factory cache verify "$damaged"
expect_in "verify names it" "$out" "1 with faults"

swapped=$work/swapped
cp -a "$remote" "$swapped"
other=$(find "$swapped/keys" -type f ! -name "$greet_key" | head -n 1)
cp "$other" "$swapped/keys/${greet_key:0:2}/$greet_key"
second swapped-root
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build --cache "$swapped"
expect_in "another package under its key is refused" "$out" "greet@1.0 of $swapped is not used" "greet@1.0: built in"
expect "and the bundle is right, too" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"

# A cache that is not there is no reason to fail, nor is one that ends in the middle.
second gone
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build --cache http://127.0.0.1:1/nothing --cache "$remote"
expect_in "the next one is asked" "$out" "going on without the binary cache http://127.0.0.1:1/nothing" \
    "3 from binary caches"
expect "one warning" "$(grep -c 'going on without' <<<"$out")" 1

# Over http.
(cd "$remote" && exec python3 -u -m http.server 0 --bind 127.0.0.1 >"$work/http.log" 2>&1) &
children+=($!)
within 10 grep -q 'port [0-9]' "$work/http.log" || true
port=$(grep -oE 'port [0-9]+' "$work/http.log" | head -n 1 | cut -d ' ' -f 2 || true)
if [[ -n $port ]]; then
    second web
    run 0 factory cache keys add "$work/keys/site.pub"
    run 0 build --cache "http://127.0.0.1:$port"
    expect_in "over http" "$out" "3 from binary caches"
else
    fail "the web server did not start"
fi
run 2 factory cache push ftp://x/y slurm@1.0
finish
