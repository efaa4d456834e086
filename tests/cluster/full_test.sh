#!/bin/bash
# full_test.sh TOOL [VERSION]: builds the default Slurm, checks that every feature is in it, and runs it as a cluster with
# accounting on the host's system, Debian trixie and Debian sid.
. "$(dirname "$0")/test_lib.sh"

build_bundle --archive gz,zst
unpack "$lab/run"
tree=$lab/run/software
gcc -O1 -rdynamic -o "$lab/load_plugin" "$here/load_plugin.c"
gcc -O1 -I"$tree/include" -o "$lab/pmix_probe" "$here/pmix_probe.c" "$tree"/lib/libpmix.so.2 \
    -Wl,--allow-shlib-undefined
export PMIX_PROBE=$lab/pmix_probe

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

for system in host trixie sid; do
    root=/
    [ $system = host ] || root=$(image_root $system-run)
    step "cluster with accounting on $system"
    KEEP_NETWORK=yes unshare --net sh -c '"$0/loopback.sh" && exec "$0/mariadb.sh" "$@"' "$here" "$lab/db-$system" \
        "$here/in_namespaces.sh" "$root" "$lab" "$lab/full_node.sh" "$tree" "$lab/modules" "slurm/$version"
done
echo "all is there"
