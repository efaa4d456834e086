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
slurm_recipe
run 0 build
expect_in "the next run continues" "$out" "1 package built, 2 from the store"
umount "$root"
finish
