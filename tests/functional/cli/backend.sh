#!/bin/bash
# Backends: which one is taken, that all give the same bytes, and what doctor says of them. Builds that give way to others.
. "$(dirname "$0")/lib.sh"
usual_packages
sum_of_bundle() { sha256sum <"$root/builds/slurm-1.0-software.tar.gz"; }

# ---- The same bytes from each
new_root usual
run 0 build
usual=$(sum_of_bundle)
expect_not_in "the usual backend is not spoken of" "$out" "crun"
if [[ -d /sys/fs/cgroup/memory && -d /sys/fs/cgroup/pids ]]; then
    expect_not_in "nor are limits that hold" "$out" "no limit on"
fi
new_root runc
run 0 build --runtime runc
expect "runc gives the same" "$(sum_of_bundle)" "$usual"
new_root host
run 0 build --backend host
expect_in "no isolation is said loudly" "$out" "warning: builds are not isolated: they see this host's network"
expect "and gives the same" "$(sum_of_bundle)" "$usual"
expect_no_leftovers "after builds on the host"
in_network() { # COMMAND...: on a host whose network has a device sf-test0
    unshare --net sh -c 'ip link add sf-test0 type veth peer name sf-test1 && exec "$@"' sh "$TOOL" --root "$root" --images "$here/images" \
        --image tiny --recipes "$recipes" "$@"
}
slurm_recipe "" $'    build: |\n      cat /proc/net/dev; hostname; make'
run 0 in_network build --slurm-version 1.0 --backend host
host_log=$(cat "$root"/logs/slurm-1.0-*.log)
expect_in "its network is the host's" "$host_log" "sf-test0:"
expect_in "its name is everybody's" "$host_log" "slurm-factory"
new_root isolated
run 0 in_network build --slurm-version 1.0
expect_not_in "an isolated build has no network" "$(cat "$root"/logs/slurm-1.0-*.log)" "sf-test0:"
slurm_recipe

# ---- Which is taken
new_root second
run 0 without crun build
expect_in "without crun runc is taken, and it is said" "$out" "builds run in oci (runc), since oci (crun) does not work here" \
    "slurm@1.0: built in"
changed() { slurm_recipe "" "    build: |
      make && echo $1 >/dev/null"; }
changed once
run 6 without crun build --runtime crun
expect_in "unless crun is insisted on" "$out" "'crun' is not installed" "apt-get install crun"
run 2 build --backend podman
expect_in "an unknown one" "$out" "--backend: unknown backend 'podman'" "backends: oci, lxd, host"
echo 'backend: dock' >"$root/config.yaml"
run 3 build
expect_in "or in a file" "$out" "config.yaml:1:10: unknown backend 'dock'"
echo 'backend: host' >"$root/config.yaml"
changed twice
run 0 build
expect_in "the file's is taken" "$out" "builds are not isolated"
run 0 build --backend oci --check
expect_in "the option is over it, and proves the bytes" "$out" "slurm@1.0: the same bytes"

# ---- Without control groups
no_groups() { # COMMAND...: on a host whose hierarchies are there, for the runtimes want to see them, but not to be written to
    unshare --mount --propagation private sh -c 'awk "\$3 ~ /^cgroup/ { print \$2 }" /proc/mounts | while read -r place; do
        mount -o remount,bind,ro "$place" || exit 1
    done && exec "$@"' sh "$TOOL" --root "$root" --images "$here/images" --image tiny --recipes "$recipes" "$@"
}
slurm_recipe
new_root unlimited
run 0 no_groups build --slurm-version 1.0
expect_in "what is not limited is said" "$out" \
    "warning: builds have no limit on memory, processors, processes: this user has no control groups"
expect "once" "$(grep -c "builds have no limit" <<<"$out")" 1
expect "and the bundle is the same" "$(sum_of_bundle)" "$usual"
new_root unlimited-host
run 0 no_groups build --slurm-version 1.0 --backend host
expect_in "on the host, too" "$out" "builds are not isolated" "builds have no limit on memory, processors, processes"

# ---- Doctor
fix_of() { # SUBJECT
    python3 -c 'import json, sys
print(*[f["fix"] for f in json.loads(sys.argv[1])["findings"] if f["subject"] == sys.argv[2]])' "$out" "$1"
}
new_root doctor
run 0 factory doctor
expect_in "doctor tries them all" "$out" "backend oci (crun" "backend oci (runc" "backend host (no isolation" "disk: " "memory: "
run 0 without crun factory doctor --json
expect_in "and has a fix for what does not work" "$(fix_of 'backend oci (crun)')" \
    "apt-get install crun"

# ---- Giving way
new_root polite
echo 'limits: {nice: 7, io: idle}' >>"$root/config.yaml"
slurm_recipe "" $'    build: |\n      cut -d " " -f 19 /proc/self/stat; ionice -p $$; make'
run 0 build
expect_in "builds are nice, to the processors and to the disk" $'\n'"$(cat "$root"/logs/slurm-1.0-*.log)" $'\n7\n' $'\nidle\n'
echo 'limits: {nice: 20}' >"$root/config.yaml"
run 3 build
expect_in "as far as that goes" "$out" "config.yaml:1:16: "
echo 'limits: {io: slow}' >"$root/config.yaml"
run 3 build
expect_in "or is possible" "$out" "'io' must be normal or idle, not 'slow'"
finish
