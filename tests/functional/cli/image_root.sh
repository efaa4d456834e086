#!/bin/bash
# Makes the base image that the other scripts use, once; and that it is made once.
. "$(dirname "$0")/lib.sh"
root=$image_root

run 0 factory image build tiny
expect_in "the image is named with its digest" "$out" "tiny "
digest=$(awk '$1 == "tiny" { print $2 }' <<<"$out")
expect "the digest is a sha256" "${#digest}" 64
expect_true "the image is there" test -x "$root/images/$digest/rootfs/bin/sh"
made=$(stat -c %Z "$root/images/$digest")

run 0 factory image build tiny
expect "a second time it is not made again" "$out" "tiny $digest"
expect "and not touched" "$(stat -c %Z "$root/images/$digest")" "$made"
expect "no making is left" "$(find "$root/images" -maxdepth 1 -name 'making-*')" ""
finish
