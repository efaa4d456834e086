#!/bin/bash
# Base images in a binary cache: a root that has nothing takes packages with the image's description alone, and the
# image's files when something must be built.
. "$(dirname "$0")/lib.sh"
usual_packages
remote=$work/remote
sum_of_bundle() { sha256sum <"$root/builds/slurm-1.0-software.tar.gz"; }
image_files() { find "$root/images" -maxdepth 2 -name rootfs 2>/dev/null; }
empty_root() { # NAME: without images
    root=$work/$1
    mkdir -p "$root"
    echo 'network: {retries: 0}' >"$root/config.yaml"
    [[ ! -e $work/keys/site.pub ]] || factory cache keys add "$work/keys/site.pub" >/dev/null
}

new_root first own
run 0 factory cache keys generate site --directory "$work/keys"
run 0 build
run 0 factory cache push "$work/packages" slurm@1.0 --key "$work/keys/site.key" --no-base-image
expect_not_in "packages only" "$out" "base image"
run 0 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key"
expect_in "the base image goes along" "$out" "base image tiny pushed" "3 packages pushed"
run 0 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key"
expect_not_in "once" "$out" "base image"
bundle=$(sum_of_bundle)
digest=$(basename "$(dirname "$(image_files)")")

# Nothing but the cache.
empty_root fresh
run 0 build --cache "$remote" --offline
expect_in "all is taken" "$out" "0 packages built, 0 from the store, 3 from binary caches"
expect "the bundle has the same bytes" "$(sum_of_bundle)" "$bundle"
expect "the image's files were not wanted" "$(image_files)" ""
run 0 factory image list
expect_in "the image is known" "$out" "tiny" "${digest:0:12}" "its files are in a binary cache"
run 0 build --offline
expect_in "without the cache nothing is to do" "$out" "nothing to do"

# An ordinary user, where one can get at the program and the test's files.
user() { setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$work/user" "$@"; }
chmod 755 "$work"
mkdir "$work/user"
chown 65534:65534 "$work/user"
if user test -x "$TOOL" && user test -r "$recipes"; then
    root=$work/user/root
    run 0 user "$TOOL" --root "$root" cache keys add "$work/keys/site.pub"
    run 0 user "$TOOL" --root "$root" --images "$here/images" --image tiny --recipes "$recipes" build \
        --slurm-version 1.0 --cache "$remote" --offline
    expect "a build without root" "$(sum_of_bundle)" "$bundle"
else
    echo "not tried: a build without root, since others cannot get at $TOOL or $work"
fi
root=$work/fresh

# Something to build.
slurm_recipe "" $'    build: |\n      make && echo changed >/dev/null'
run 0 build --cache "$remote" --offline
expect_in "the image is fetched, and the package built" "$out" "tiny: fetching the files of the base image" "1 package built, 2 from the store"
expect "it is the same image" "$(image_files)" "$root/images/$digest/rootfs"
expect "with the owners of its files" \
    "$(cd "$root/images/$digest/rootfs" && find . -printf '%p %u %g %m\n' | sort | sha256sum)" \
    "$(cd "$work/first/images/$digest/rootfs" && find . -printf '%p %u %g %m\n' | sort | sha256sum)"
run 0 factory image list
expect_not_in "it is whole" "$out" "binary cache"
expect_no_leftovers "after fetching it"
fetched=$(sum_of_bundle)
root=$work/first
run 0 build
expect "the first root builds the same" "$(sum_of_bundle)" "$fetched"
slurm_recipe

# A cache that is gone when the files are wanted.
cp -R "$remote" "$work/other"
empty_root cut
run 0 build --cache "$work/other"
rm -r "$work/other"
slurm_recipe "" $'    build: |\n      make && echo changed >/dev/null'
run 4 build --cache "$work/other"
expect_in "no files to be had" "$out" "the base image 'tiny' is known from a binary cache, but no cache has its files now" \
    "slurm-factory image remove tiny"
run 0 factory image remove tiny
run 0 factory image list
expect_in "then it is unknown" "$out" "no base image is made yet"
slurm_recipe

# Files that were altered, and then the next cache.
blob=$(cd "$remote/blobs/sha256" && ls -S | head -n 1)
cp -R "$remote" "$work/altered-cache"
printf 'x' | dd of="$work/altered-cache/blobs/sha256/$blob" bs=1 seek=1000 conv=notrunc status=none
empty_root altered
run 9 factory cache verify "$work/altered-cache"
expect_in "verify names the base image" "$out" "base image tiny" "3 packages, 1 images, 1 with faults"
run 0 factory cache verify "$remote"
expect_in "and finds no fault in what was not altered" "$out" "3 packages, 1 images"
run 0 build --cache "$remote"
slurm_recipe "" $'    build: |\n      make && echo changed >/dev/null'
run 4 build --cache "$work/altered-cache"
expect_in "altered files are not used" "$out" "the base image 'tiny' of $work/altered-cache is not used: blob " " is damaged"
expect "nothing of them stays" "$(image_files)" ""
run 0 build --cache "$work/altered-cache" --cache "$remote"
expect_in "the next cache has them" "$out" "1 package built"
slurm_recipe

# A push mends what there is of the image, and its signature.
altered=$work/altered-cache
root=$work/first
mend() { # WHAT
    run 0 factory cache push "$altered" slurm@1.0 --key "$work/keys/site.key"
    expect_in "$1: the image is pushed again" "$out" "0 packages pushed" "3 were there" "base image tiny pushed"
    run 0 factory cache verify "$altered"
    run 0 factory cache push "$altered" slurm@1.0 --key "$work/keys/site.key"
    expect_not_in "$1: once" "$out" "base image"
}
manifest=$(python3 - "$altered/index.json" <<'END'
import json, sys
images = {m["annotations"]["org.opencontainers.image.ref.name"]: m["digest"] for m in json.load(open(sys.argv[1]))["manifests"]}
print(*(digest.partition(":")[2] for tag, digest in images.items() if tag.startswith("base-")))
END
)
config=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["config"]["digest"].partition(":")[2])' \
    "$altered/blobs/sha256/$manifest")
mend "an altered layer"
for name in "$blob" "$config" "$manifest"; do
    rm "$altered/blobs/sha256/$name"
    run 9 factory cache verify "$altered"
    mend "a missing blob"
done
printf 'x' | dd of="$altered/blobs/sha256/$manifest" bs=1 seek=100 conv=notrunc status=none
run 9 factory cache verify "$altered"
run 0 factory cache push "$altered" slurm@1.0 --key "$work/keys/site.key" --no-base-image
mend "an altered manifest"
: >"$altered/signatures/$manifest.minisig"
mend "an empty signature"

# Nobody trusts it: it would be made here, which is not possible without apt.
without_apt() {
    env PATH=/nonexistent "$TOOL" --root "$root" --images "$here/images" --image tiny --recipes "$recipes" build \
        --slurm-version 1.0 "$@"
}
rm "$remote"/signatures/*
empty_root untrusted
run 6 without_apt --cache "$remote"
expect_in "an unsigned image" "$out" "the base image 'tiny' of $remote is not used: " "not signed" \
    "no base image can be made on a host without apt"
finish
