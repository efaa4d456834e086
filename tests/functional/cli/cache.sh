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
blob_of() { # DIRECTORY KEY: the name of the run layer's blob
    python3 - "$1" "$2" <<'END'
import json, sys
top, key = sys.argv[1:]
manifest = open(f"{top}/keys/{key[:2]}/{key}").read().split()[0].partition(":")[2]
print(json.load(open(f"{top}/blobs/sha256/{manifest}"))["layers"][0]["digest"].partition(":")[2])
END
}

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
expect_in "another's signature" "$out" "@1.0 of $remote is not used: it is signed with key " "3 packages built"
expect "one warning for all that it signed" "$(grep -c 'is not used' <<<"$out")" 1

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
expect_in "its packages are taken, others are not" "$out" "@1.0 of $remote is not used" \
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
saved() { factory cache stats --format json | python3 -c '
import json, sys
print([(run["pulled"], run["saved_layer_bytes"] >= run["pulled_bytes"] > 0) for run in json.load(sys.stdin)["runs"]])'; }
expect "and what that saved is recorded" "$(saved)" "[(3, True)]"
run 0 build --cache "$remote"
expect_in "then it is in the store" "$out" "nothing to do" "caches: 3 of 3 packages from the store"

# Layers as zstd frames, which the store keeps beside the gzip members.
layers_of() { ls "$1/layers" | grep -xE '[0-9a-f]{64}'; }
members_of() { (cd "$1/layers" && sha256sum -- */layer.tar.gz); }
compressions() { # DIRECTORY: the media types of the entries' layers
    python3 - "$1" <<'END'
import glob, json, sys
top = sys.argv[1]
manifests = [open(key).read().split()[0].partition(":")[2] for key in glob.glob(f"{top}/keys/*/*")]
layers = [layer for name in manifests for layer in json.load(open(f"{top}/blobs/sha256/{name}"))["layers"]]
print(len(layers), *sorted({layer["mediaType"].rpartition(".")[2] for layer in layers}))
END
}
built=$work/root
root=$built
zstd=$work/zstd
run 0 factory cache push "$zstd" slurm@1.0 --key "$work/keys/site.key" --compression zstd
expect_in "all is pushed as zstd" "$out" "3 packages pushed" "0 were there; signed"
expect "nine layers of one kind" "$(compressions "$zstd")" "9 tar+zstd"
run 0 factory cache push "$zstd" slurm@1.0 --key "$work/keys/site.key" --compression zstd
expect_in "nothing is pushed twice as zstd" "$out" "0 packages pushed" "3 were there"
pushed_blobs=$(ls "$zstd/blobs/sha256")
run 0 factory cache push "$zstd" slurm@1.0 --key "$work/keys/site.key"
expect_in "nor with gzip what is there as zstd" "$out" "0 packages pushed" "3 were there"
expect "no blob is added" "$(ls "$zstd/blobs/sha256")" "$pushed_blobs"
echo 'cache: {compression: zstd}' >>"$root/config.yaml"
run 0 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key"
expect_in "nor with zstd what is there as gzip" "$out" "0 packages pushed" "3 were there"
expect "what was there stays as it is" "$(compressions "$remote")" "9 tar+gzip"
run 0 factory cache push "$work/configured" slurm@1.0 --no-base-image
expect "config.yaml may say zstd" "$(compressions "$work/configured")" "9 tar+zstd"
run 0 factory cache push "$work/chosen" slurm@1.0 --no-base-image --compression gzip
expect "the option counts more" "$(compressions "$work/chosen")" "9 tar+gzip"
sed -i '/^cache:/d' "$root/config.yaml"
run 2 factory cache push "$zstd" slurm@1.0 --compression xz
expect_in "two kinds, no others" "$out" "'xz' is not one of gzip, zstd"
run 0 factory cache list "$zstd"
expect_in "entries of zstd are listed" "$out" "greet@1.0" "signed by site" "3 packages, 1 images"
run 0 factory cache verify "$zstd"
expect_not_in "verified" "$out" "with faults"
second zstd-ring
run 0 factory cache keys add "$work/keys/site.pub"
run 0 factory cache pull slurm@1.0 --cache "$zstd"
expect_in "zstd is pulled" "$out" "3 pulled, 0 were there"
expect "the same layers" "$(layers_of "$root")" "$(layers_of "$built")"
expect "with the same gzip members, made anew" "$(members_of "$root")" "$(members_of "$built")"
run 0 build --offline --archive gz,zst
expect_in "a build takes them from the store" "$out" "0 packages built, 3 from the store"
expect "zstd gives the same bundle" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"
root=$built
run 0 build --archive zst
expect "also the .tar.zst" "$(sha256sum <"$work/zstd-ring/builds/slurm-1.0-software.tar.zst")" \
    "$(sha256sum <"$built/builds/slurm-1.0-software.tar.zst")"
root=$work/zstd-ring
run 0 factory cache push "$work/onward" slurm@1.0 --no-base-image --compression gzip
expect "who pulled zstd pushes the gzip entries of who built" "$(cat "$work"/onward/keys/*/*)" "$(cat "$remote"/keys/*/*)"
run 0 factory cache prune "$zstd" --keep-days 0
expect_in "and pruned" "$out" "3 entries removed"

# cache pull alone.
second pulling
echo "cache: {remotes: [$remote]}" >>"$root/config.yaml"
run 0 factory cache keys add "$work/keys/site.pub"
run 0 factory cache pull slurm@1.0
expect_in "pulled" "$out" "greet@1.0: taken" "helper@1.0: taken" "slurm@1.0: taken" "3 pulled, 0 were there"
expect "each once" "$(grep -c ': taken from' <<<"$out")" 3
run 0 factory cache pull slurm@1.0
expect_in "nothing is pulled twice" "$out" "0 pulled, 3 were there"
run 0 build --offline
expect_in "a build finds it in the store" "$out" "0 packages built, 3 from the store"
expect "which gives the bundle" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"
greet_source
sed -i 's/"hello"/"good day"/' "$work/src/greet-1.0/greet.c"
pack greet-1.0
greet_recipe
run 4 factory cache pull slurm@1.0
expect_in "what nobody has" "$out" "0 pulled, 1 were there" "not found: greet@1.0, slurm@1.0"
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
expect_in "unsigned is refused" "$out" "@1.0 of $work/unsigned is not used: it is not signed" "3 packages built"
expect "with one warning" "$(grep -c 'warning:' <<<"$out")" 1
second lax
echo 'cache: {only-signed: false}' >>"$root/config.yaml"
run 0 build --cache "$work/unsigned"
expect_in "unless the site says so" "$out" "3 from binary caches"

# A size that nobody vouches for is no full disk.
false_sizes() { # DIRECTORY CODE: changes the manifest `m` of each package
    python3 - "$1" "$2" <<'END'
import hashlib, json, pathlib, sys
cache = pathlib.Path(sys.argv[1])
for key in cache.glob("keys/*/*"):
    blobs = cache / "blobs" / "sha256"
    m = json.loads((blobs / key.read_text().split()[0].removeprefix("sha256:")).read_bytes())
    exec(sys.argv[2])
    text = json.dumps(m).encode()
    digest = hashlib.sha256(text).hexdigest()
    (blobs / digest).write_bytes(text)
    key.write_text(f"sha256:{digest} {len(text)}\n")
END
}
for sizes in 'm["layers"][0]["annotations"]["slurm-factory.layer.tar-bytes"] = str(1 << 62)' \
    'm["layers"][0]["size"] = m["layers"][1]["size"] = (1 << 64) - 1'; do
    rm -rf "$work/sizes"
    cp -a "$work/unsigned" "$work/sizes"
    false_sizes "$work/sizes" "$sizes"
    second sizes
    echo 'cache: {only-signed: false}' >>"$root/config.yaml"
    run 0 build --cache "$work/sizes"
    expect_in "false sizes: everything is built" "$out" "is not used: it claims a size of" "3 packages built"
done

# Damage: one flipped byte in the largest blob of a package, and a manifest of another key.
damaged=$work/damaged
cp -a "$remote" "$damaged"
blob=$(find "$damaged/blobs" -type f -printf '%s %p\n' | sort -rn | sed -n 2p | cut -d ' ' -f 2) # the base image's layer is larger
printf 'X' | dd of="$blob" bs=1 seek=100 conv=notrunc status=none
second flipped
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build --cache "$damaged"
expect_in "a flipped byte is noticed and the package built" "$out" "1 package built, 0 from the store, 2 from" "built in"
expect "with one warning, too" "$(grep -c 'warning:' <<<"$out")" 1
expect "and the bundle is right" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"
run 9 factory cache verify "$damaged"
expect_in "verify names it" "$out" "1 with faults"
root=$work/root
run 0 factory cache push "$damaged" slurm@1.0 --key "$work/keys/site.key"
expect_in "a push mends it" "$out" "1 packages pushed" "2 were there"
run 0 factory cache verify "$damaged"
rm "$damaged/blobs/sha256/$(blob_of "$damaged" "$greet_key")"
read -r manifest _ <"$damaged/keys/${greet_key:0:2}/$greet_key"
printf 'X' | dd of="$damaged/blobs/sha256/${manifest#sha256:}" bs=1 seek=100 conv=notrunc status=none
run 9 factory cache verify "$damaged"
run 0 factory cache push "$damaged" slurm@1.0 --key "$work/keys/site.key"
expect_in "also what is missing, and a manifest" "$out" "1 packages pushed" "2 were there"
run 0 factory cache verify "$damaged"
directory=$damaged/blobs/sha256/$(blob_of "$damaged" "$greet_key")
rm "$directory"
mkdir "$directory"
second no-blob
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build --cache "$damaged"
expect_in "a directory for a blob costs its package" "$out" "greet@1.0 of $damaged is not used" \
    "1 package built, 0 from the store, 2 from"
root=$work/root
run 0 factory cache push "$damaged" slurm@1.0 --key "$work/keys/site.key"
expect_in "and a push replaces it" "$out" "1 packages pushed" "2 were there"
run 0 factory cache verify "$damaged"

# Signatures that are empty, cut short, or of another key.
signed_by() { # NAME: how many packages and images, in the eyes of a root that trusts both keys
    root=$work/both-rings
    run 0 factory cache list "$damaged"
    grep -c "signed by $1" <<<"$out" || true
}
second both-rings
run 0 factory cache keys add "$work/keys/site.pub"
run 0 factory cache keys add "$work/keys/other.pub"
root=$work/root
expect "all are signed" "$(signed_by site)" 4
read -r manifest _ <"$damaged/keys/${greet_key:0:2}/$greet_key"
: >"$damaged/signatures/${manifest#sha256:}.minisig"
other=$(find "$damaged/signatures" -type f -size +0 | head -n 1)
truncate -s 100 "$other"
expect "two are not" "$(signed_by site)" 2
run 0 factory cache push "$damaged" slurm@1.0 --key "$work/keys/site.key"
expect_in "no package is new" "$out" "0 packages pushed" "3 were there; signed"
expect "all are signed again" "$(signed_by site)" 4
run 0 factory cache push "$damaged" slurm@1.0 --key "$work/keys/other.key"
expect "or by the key that the push is given" "$(signed_by other)" 4

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

    # One bad blob costs its package and nothing else: slurm, asked for after greet was found wanting, still comes from there.
    blob=$remote/blobs/sha256/$(blob_of "$remote" "$greet_key")
    cp "$blob" "$work/whole"
    without_greet() { # WHAT FAULT
        second "web-$1"
        run 0 factory cache keys add "$work/keys/site.pub"
        run 0 build --cache "http://127.0.0.1:$port"
        expect_in "$1 blob: its package is built, the others are taken" "$out" "greet@1.0: built in" \
            "helper@1.0: taken from http://127.0.0.1:$port" "slurm@1.0: taken from http://127.0.0.1:$port"
        expect_in "$1 blob: why" "$out" "warning: greet@1.0 of http://127.0.0.1:$port is not used: " "$2"
        expect "$1 blob: with one warning" "$(grep -cE 'is not used|going on without' <<<"$out")" 1
        expect "$1 blob: the bundle is right" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"
        cp "$work/whole" "$blob"
    }
    printf 'X' | dd of="$blob" bs=1 seek=100 conv=notrunc status=none
    without_greet altered " is damaged"
    truncate -s 100 "$blob"
    without_greet short "the server has a shorter blob than the manifest says"
    rm "$blob"
    without_greet missing "the server does not have it"
else
    fail "the web server did not start"
fi

# Registries that die in the middle of a blob, fall silent there, or give other bytes: of signatures, which are asked for
# first, and of layers, where signatures are not wanted.
start_bad_registry() {
    rm -f "$work/port"
    python3 "$here/../../support/registry_server.py" "$work/registry.log" <"$work/hold" >"$work/port" &
    children+=($!)
    within 10 test -s "$work/port"
    registry=oci://127.0.0.1:$(cat "$work/port")
}
build_beside() { # FAULT ONLY-SIGNED
    start_bad_registry
    root=$work/root
    run 0 factory cache push "$registry/$1/cache" slurm@1.0 --key "$work/keys/site.key" --no-base-image
    second "$1-$2"
    printf 'network: {retries: 0, stall-timeout: 1}\ncache: {only-signed: %s}\n' "$2" >"$root/config.yaml"
    run 0 factory cache keys add "$work/keys/site.pub"
    run 0 build --cache "$registry/$1/cache"
    expect_in "$1, $2: everything is built" "$out" "3 packages built, 0 from the store"
    warnings=$(grep 'warning:' <<<"$out" || true)
    expect "$1, $2: the bundle is right" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"
    expect_no_leftovers "$1, $2"
    run 0 build --cache "$registry/$1/cache"
    expect_in "$1, $2: the next run has nothing to do" "$out" "nothing to do"
}
mkfifo "$work/hold"
exec 9<>"$work/hold"
for fault in die stall; do
    for only_signed in true false; do
        build_beside "$fault" "$only_signed"
        expect_in "$fault, $only_signed: it is given up" "$warnings" "going on without the binary cache $registry/$fault/cache"
        expect "$fault, $only_signed: with one warning" "$(wc -l <<<"$warnings")" 1
    done
done
build_beside crawl false
expect_in "a byte now and then: it is given up" "$warnings" "going on without the binary cache $registry/crawl/cache" \
    "the transfer is slower than"
build_beside lie true
expect_in "signatures that are none" "$warnings" "@1.0 of $registry/lie/cache is not used: it is not "
expect "one warning for all of them" "$(wc -l <<<"$warnings")" 1
build_beside lie false
for package in greet helper slurm; do
    expect_in "layers that are others: $package" "$warnings" "$package@1.0 of $registry/lie/cache is not used: cannot get blob "
done
expect "a warning for each" "$(grep -c ' is damaged: the sha256 of what came is ' <<<"$warnings")" 3
expect_not_in "which is the package's fault, not the cache's" "$warnings" "going on without"

# zstd through a registry.
start_bad_registry
root=$work/root
run 0 factory cache push "$registry/good/zstd" slurm@1.0 --key "$work/keys/site.key" --compression zstd
expect_in "zstd goes into a registry" "$out" "3 packages pushed"
run 0 factory cache verify "$registry/good/zstd"
second zstd-registry
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build --cache "$registry/good/zstd"
expect_in "and comes out of it" "$out" "0 packages built, 0 from the store, 3 from binary caches"
expect "with the same bundle" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"
expect "and the same layers" "$(layers_of "$root")" "$(layers_of "$built")"

# Transfers overlap: the registry answers for no blob before a second one is asked for.
from_pairs() { # NAME TRANSFERS STALL-TIMEOUT: a root that takes from a repository that nothing was taken from yet
    pairs=$registry/pair/$1
    root=$work/root
    run 0 factory cache push "$pairs" slurm@1.0 --no-base-image
    second "pair-$1"
    printf 'network: {retries: 0, parallel-downloads: %s, stall-timeout: %s}\ncache: {only-signed: false}\n' "$2" "$3" \
        >"$root/config.yaml"
}
from_pairs pull 2 120
run 0 factory cache pull slurm@1.0 --cache "$pairs"
expect_in "cache pull fetches side by side" "$out" "3 pulled, 0 were there"
from_pairs build 2 120
run 0 build --cache "$pairs"
expect_in "so does a build" "$out" "0 packages built, 0 from the store, 3 from binary caches"
from_pairs alone 1 1
run 4 factory cache pull slurm@1.0 --cache "$pairs"
expect_in "who fetches one after the other gets nothing there" "$out" "0 pulled" "the transfer stalled"
exec 9>&-
root=$work/root
run 2 factory cache push ftp://x/y slurm@1.0
finish
