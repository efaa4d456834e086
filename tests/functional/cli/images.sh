#!/bin/bash
# `image list`, `image build`, `image remove`.
. "$(dirname "$0")/lib.sh"
usual_packages
root=$work/empty
run 0 factory image list
expect_in "there is none at first" "$out" "no base image is made yet"
run 2 factory image remove tiny
expect_in "none can be removed" "$out" "no base image here is 'tiny'" "hint: there are none"
run 2 factory image build nosuch
expect_in "an unknown image recipe" "$out" "nosuch" "hint: " "tiny"
mkdir "$work/bad" && printf 'name: bad\nsuite: bookworm\npackages: [gcc]\ncolour: red\n' >"$work/bad/bad.yaml"
run 3 "$TOOL" --root "$root" --images "$work/bad" image build bad
expect_in "a malformed image recipe" "$out" "$work/bad/bad.yaml:4:1: unknown key 'colour'"
printf 'name: bad\nsuite: bookworm\npackages: [no-such-package-at-all]\n' >"$work/bad/bad.yaml"
run 6 env PATH=/nonexistent "$TOOL" --root "$root" --images "$work/bad" image build bad
expect_in "no apt" "$out" "no base image can be made on a host without apt" "--cache URL --image NAME" "slurm-factory image import"
mkdir "$work/programs" && ln -s "$(command -v apt-get)" "$work/programs"
run 6 env PATH="$work/programs" "$TOOL" --root "$root" --images "$work/bad" image build bad
expect_in "no mmdebstrap" "$out" "mmdebstrap, which makes base images, is not installed" \
    "hint: apt-get install mmdebstrap"
run 4 "$TOOL" --root "$root" --images "$work/bad" --offline image build bad
expect_in "offline" "$out" "the image is not there yet" "hint: run once without --offline"
run 4 build --offline
expect_in "a build offline without the image" "$out" "the image is not there yet" "hint: run once without --offline"

# Stopped while it is made
making() { pgrep -f "mmdebstrap.*$root/images" || true; }
being_made() { [[ -n $(making) ]]; }
"$TOOL" --root "$root" --images "$here/images" image build tiny >"$work/log" 2>&1 &
pid=$!
children+=("$pid")
expect_true "an image is being made" within 30 being_made
sleep 1
kill -INT "$pid"
status=0
wait "$pid" || status=$?
expect "stopped: exit status" "$status" 130
expect "stopped: no process is left" "$(making)" ""
expect "stopped: no making is left" "$(find "$root/images" -maxdepth 1 -name 'making-*')" ""
expect "stopped: nothing is mounted" "$(grep -F "$root" /proc/mounts || true)" ""
run 0 factory image list
expect_in "stopped: there is no image" "$out" "no base image is made yet"

new_root root own
run 0 factory image list
expect_in "the image is listed" "$out" "tiny  " "MiB"
digest=$(find "$root/images" -maxdepth 1 -name '????????????????????????????????*' -printf '%f\n')
expect_in "with its digest" "$out" "${digest:0:12}"
run 2 factory image remove nosuch
expect_in "an unknown image" "$out" "no base image here is 'nosuch'" "hint: known: tiny (${digest:0:12})"

# Not under a build
slurm_recipe "" $'    build: |\n      sleep 20'
build_in_background "$work/log"
within 30 grep -q "slurm@1.0: building" "$work/log"
run 1 factory image remove tiny
expect_in "an image in use stays" "$out" "the base image 'tiny' (${digest:0:12}) is in use by a running build" \
    "hint: wait"
expect_true "it is there" test -d "$root/images/$digest/rootfs"
kill -INT "$pid"
wait "$pid" || true

run 0 factory image remove "${digest:0:8}"
expect_in "removed by its digest" "$out" "removed ${digest:0:8}"
expect_true "it is gone" test ! -e "$root/images/$digest"
expect "nothing of it is left" "$(find "$root/images" -maxdepth 1 -name 'removing-*')" ""
run 0 factory image list
expect_in "and not listed" "$out" "no base image is made yet"
expect_true "the others' is as it was" test -x "$image_root/images/$digest/rootfs/bin/sh"
finish
