#!/bin/bash
# What `plan` says; and the plain script it writes builds the same.
private_mounts=yes
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
plan() { factory plan --slurm-version 1.0 "$@"; }
read_json() { # EXPRESSION of p, the plan, and s, its steps by package
    python3 -c "import json,sys; p=json.load(sys.stdin); s={x['package']: x for x in p['steps']}; print($1)" <<<"$out"
}

run 0 plan
expect_in "text, before" "$out" "base image tiny (made)" "greet@1.0" "to be built" "helper@1.0" "(build only)" \
    "slurm@1.0" "to be built after helper, greet"
run 0 plan --format json
expect "json: packages, dependencies first" "$(read_json "[x['package'] for x in p['steps']][-1], len(s)")" "slurm 3"
expect "json: what ships" "$(read_json "sorted(n for n in s if s[n]['ships'])")" "['greet', 'slurm']"
expect "json: what is in the store" "$(read_json "[n for n in s if s[n]['in_store']]")" "[]"
expect "json: dependencies" "$(read_json "[d['package'] for d in s['slurm']['dependencies']]")" "['greet', 'helper']"
expect "nothing was done" "$(ls "$root")" "$(printf 'config.yaml\nimages\nstate.db')"

factory plan --slurm-version 1.0 --format sh >"$work/build.sh"
expect "the script links with the C library of the machine that it runs on" "$(grep -ci floor "$work/build.sh" || true)" 0
expect_true "sh: it is a shell script" sh -n "$work/build.sh"
expect_in "sh: it says how to use it" "$(head -5 "$work/build.sh")" "JOBS=N sh SCRIPT SOURCE_CACHE RECIPES"

run 0 build
run 0 plan
expect_in "text, after" "$out" "greet@1.0" "in the store, layer "
expect_not_in "text, after: nothing to build" "$out" "to be built"
run 0 plan --format json
expect "json, after" "$(read_json "sorted(n for n in s if s[n]['in_store']), len(s['greet']['key'])")" \
    "['greet', 'helper', 'slurm'] 64"
slurm_recipe $'  - {spec: "greet +loud", type: [build, link]}\n  - {spec: helper, type: build}'
run 0 plan
expect_in "text, half" "$out" "helper@1.0                  in the store" "greet@1.0                   to be built, 1 s of CPU" \
    "slurm@1.0                   to be built, 1 s of CPU after helper, greet" "1 in the store, 2 to be built, about"
slurm_recipe

# The script in the image, without this tool: a copy on write of its root file system.
rootfs=$(echo "$root"/images/*/rootfs)
mkdir -p "$work/chroot/upper" "$work/chroot/work" "$work/chroot/system"
mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$work/chroot/upper,workdir=$work/chroot/work" "$work/chroot/system"
mkdir -p "$work/chroot/system/mnt/"{cache,recipes}
mount --bind /dev "$work/chroot/system/dev"
mount --bind "$root/cache/sources" "$work/chroot/system/mnt/cache"
mount --bind "$recipes" "$work/chroot/system/mnt/recipes"
cp "$work/build.sh" "$work/chroot/system/build.sh"
run 0 chroot "$work/chroot/system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin JOBS=2 sh /build.sh /mnt/cache /mnt/recipes
expect_in "the script builds all" "$out" "==> greet@1.0: install" "==> slurm@1.0: install"
run 0 chroot "$work/chroot/system" /opt/slurm/software/bin/hello
expect "what it built runs" "$out" hello
umount "$work/chroot/system/"{dev,mnt/cache,mnt/recipes} "$work/chroot/system"

run 2 plan --format sh --source "greet=$work/src/greet-1.0"
expect_in "no script of one's own sources" "$out" "greet comes from --source"
finish
