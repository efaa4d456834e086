#!/bin/bash
# full_test.sh TOOL [VERSION]: builds the default Slurm, checks that every feature is in it, has this host's sshd and glibc
# load what is for them, and runs it as a cluster with accounting on the host's system, on one that is older than the base
# image (Debian bullseye), and on one that is newer (Debian sid). SYSTEMS has others: trixie.
. "$(dirname "$0")/test_lib.sh"

build_bundle --archive gz,zst
unpack "$lab/run"
tree=$lab/run/software
cp "$here"/{client,pmix_probe}.c "$lab/"

# make_programs ROOT: what the cluster runs, made by the compiler of that system, if it has one.
make_programs() {
    [ -x "$1/usr/bin/gcc" ] || return 0
    step "programs are linked with the tree's libraries (file system: $1)"
    "$here/in_namespaces.sh" "$1" "$lab" sh -ec '
        gcc -O1 -rdynamic -o "$0/load_plugin" "$0/load_plugin.c" -ldl
        gcc -O1 -I"$1/include" -o "$0/pmix_probe" "$0/pmix_probe.c" "$1"/lib/libpmix.so.2 -Wl,--allow-shlib-undefined
        gcc -O1 -I"$1/include" -o "$0/client" "$0/client.c" -L"$1/lib-api" -lslurm -lpmi2' "$lab" "$tree"
}

step "sizes"
check_size "$software" 18000000
check_size "${software%.gz}.zst" 14000000

step "verify --run, and without munge"
"$tool" verify --run "$tree"
cp -r "$tree" "$lab/no-munge"
rm "$lab/no-munge/sbin/munged"
said=$("$tool" verify --run "$lab/no-munge")
echo "$said"
grep -q 'auth/slurm with a key' <<<"$said"
rm -r "$lab/no-munge"

step "what the host loads"
"$tool" init "$lab/init" --cluster mine --control node1 --nodes node1 --with nss,pam
prove host_modules_node.sh /. "$tree"

for system in ${SYSTEMS:-host sid bullseye}; do
    root=/
    [ "$system" = host ] || root=$(image_root "$system-run")
    make_programs "$root"
    step "cluster with accounting on $system"
    KEEP_NETWORK=yes unshare --net sh -c '"$0/loopback.sh" && exec "$0/mariadb.sh" "$@"' "$here" "$lab/db-$system" \
        "$here/in_namespaces.sh" "$root" "$lab" "$lab/full_node.sh" "$tree" "$lab/modules" "slurm/$version"
done
echo "all is there"
