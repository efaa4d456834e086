#!/bin/bash
# Too little space: before a build starts, and while it runs.
private_mounts=yes
. "$(dirname "$0")/lib.sh"
usual_packages
small_root() { # SIZE: $root is a file system of that size; the image is elsewhere
    root=$work/small
    mkdir -p "$root"
    mount -t tmpfs -o "size=$1,mode=755" none "$root"
    ln -s "$image_root/images" "$root/images"
    cp "$image_root"/state.db* "$root/"
}
small_root 200m
run 7 build
expect_in "too little for a package" "$out" "error: not enough space in $root for building " "1025 MiB needed, 19" \
    "hint: free some space there, or choose another place with --root"
expect "nothing is begun" "$(ls "$root/logs" "$root/builds" 2>/dev/null)" ""
expect "nothing is left" "$(leftovers)" ""
rm "$root/images" "$root"/state.db*
run 7 build
expect_in "too little for the base image" "$out" "not enough space in $root/images for the base image 'tiny'" \
    "MiB needed" "hint: "
expect "nothing of it is left" "$(find "$root/images" -maxdepth 1 -name 'making-*')" ""
umount "$root"

small_root 1200m
echo 'levers: {tmpfs-stage: false}' >"$root/config.yaml"
slurm_recipe "" $'    build: |\n      make\n      dd if=/dev/zero of=big bs=1M count=2048'
run 7 build
expect_in "too little while a package is built" "$out" "error: slurm@1.0: phase 'build' failed" \
    "No space left on device" "hint: the build ran out of disk"
expect "its stage is gone" "$(leftovers)" ""
expect_true "the space is free again" test "$(df --output=avail -m "$root" | tail -1)" -gt 1100
slurm_recipe "" $'    install: |\n      make install\n      dd if=/dev/zero of="$PREFIX/bin/big" bs=1M count=2048'
run 7 build
expect_in "too little while a package is installed" "$out" "phase 'install' failed" "No space left on device" "hint: "
expect "what it installed is gone" "$(leftovers)" ""
# The log itself, which then cannot say why its build failed.
echo 'limits: {log: 0}' >>"$root/config.yaml"
slurm_recipe "" $'    build: |\n      head -c 2G /dev/zero\n      exit 9'
run 7 build
expect_in "too little for a log" "$out" "error: slurm@1.0: phase 'build' failed with exit code 9" \
    "no space was left for the log in $root/logs" "hint: free some space"
rm "$root"/logs/slurm-1.0-*.log
slurm_recipe
run 0 build
expect_in "the next run continues" "$out" "1 package built, 2 from the store"
umount "$root"

# Caches: a package larger than what is free where it is pushed to, or pulled to.
slurm_recipe "" $'    finish: |\n      head -c 9M "$(gcc -print-prog-name=cc1)" | tail -c 6M >"$PREFIX/share/slurm/big"'
new_root origin
run 0 factory cache keys generate site --directory "$work/keys"
run 0 build
bundle=$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")
fill() { # DIRECTORY KIB: but for so much
    local free
    rm -f "$1/filler"
    free=$(df --output=avail -k "$1" | tail -1)
    head -c "$((free - $2))K" /dev/zero >"$1/filler"
}
remote=$work/full/remote
mkdir "$work/full"
mount -t tmpfs -o size=20m none "$work/full"
fill "$work/full" 512 # small files come through
run 7 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key" --no-base-image
to_the_cache() { # WHAT: the hint is about the cache's file system, not the root's
    expect_in "$1: the hint" "$out" "hint: free some space on the file system of $remote, " \
        "'slurm-factory cache prune $remote'" "or choose another directory for the cache"
    expect_not_in "$1: nothing about the root" "$out" "--root"
}
expect_in "a full cache directory" "$out" "error: not enough space in $remote for a blob"
to_the_cache "a full cache directory"
expect "no part of a blob is left" "$(find "$remote/tmp" -type f 2>/dev/null)" ""
run 0 factory cache verify "$remote"
expect_not_in "what is there is whole" "$out" "with faults"
fill "$work/full" 0
remote=$work/full/other
run 7 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key" --no-base-image
expect_in "a cache without a byte left" "$out" "No space left on device"
to_the_cache "a cache without a byte left"
rm -r "$remote" "$work/full/filler"
mount -o remount,ro "$work/full"
run 8 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key" --no-base-image
expect_in "a cache that cannot be written to" "$out" "Read-only file system" "hint: push as a user who may write to $remote"
mount -o remount,rw "$work/full"
remote=$work/full/remote
run 0 factory cache push "$remote" slurm@1.0 --key "$work/keys/site.key" --no-base-image
run 0 factory cache verify "$remote"
expect_in "with space the push is completed" "$out" "3 packages, 0 images"

small_root 40m
run 0 factory cache keys add "$work/keys/site.pub"
run 0 factory cache list "$remote"
half_done() { leftovers && find "$root/layers" -mindepth 1 -maxdepth 1 -name 'tmp*'; }
fill "$root" 512
run 7 factory cache pull slurm@1.0 --cache "$remote"
expect_in "a full store" "$out" "error: not enough space in $root/layers/incoming for a blob" "hint: "
expect "nothing half done is left" "$(half_done)" ""
fill "$root" 8192 # enough for the blob, and not for what is in it
run 7 factory cache pull slurm@1.0 --cache "$remote"
expect_in "a store without space for a blob's files" "$out" "error: not enough space in $root/layers for a layer" "hint: "
expect "nothing unpacked is left" "$(half_done)" ""
rm "$root/filler"
run 0 factory cache pull slurm@1.0 --cache "$remote"
expect_in "with space the rest is pulled" "$out" "slurm@1.0: taken from" " were there"
run 0 build --offline
expect_in "and everything is in the store" "$out" "0 packages built, 3 from the store"
expect "whole" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$bundle"
umount "$root" "$work/full"
finish
