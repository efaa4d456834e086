#!/bin/bash
# In the virtual machine of nfs_test.sh: a server of NFS, two machines `a` and `b` that mount what it has, and the program on
# both. They are namespaces, with all that makes a client of NFS: a network, a host name, mounts, and for version 3 a statd.
# shellcheck source=../cli/lib.sh disable=SC2016 # what is in single quotes is for other shells
. "$(dirname "$0")/lib.sh"
recipes=$here/recipes
share=/srv/share # what the server has
declare -A process

start_server() {
    local module
    for module in nfsd nfs nfsv3 nfsv4 veth loop overlay; do modprobe "$module"; done
    ip link set lo up
    truncate -s 600M /srv.img
    mke2fs -q -t ext4 /srv.img
    mkdir -p "$share" /nfs /nfs3 /run/{rpcbind,rpc_pipefs,sendsigs.omit.d}
    mount -o loop /srv.img "$share"
    mkdir "$share/squashed"
    mount -t tmpfs none "$share/squashed"
    mount -t nfsd nfsd /proc/fs/nfsd
    mount -t rpc_pipefs rpc /run/rpc_pipefs
    echo 10 >/proc/fs/nfsd/nfsv4leasetime # for so long a server that has just started gives no locks
    echo 10 >/proc/fs/nfsd/nfsv4gracetime
    rpcbind -w
    rpc.statd
    exportfs -o rw,no_root_squash,no_subtree_check,fsid=0 "*:$share"
    exportfs -o rw,root_squash,no_subtree_check,fsid=1 "*:$share/squashed"
    rpc.mountd
    rpc.nfsd -V 3 4
}
on() { # MACHINE COMMAND...
    local machine=$1
    shift
    nsenter --target "${process[$machine]}" --net --uts --mount --pid "$@"
}
start_machine() { # NAME NETWORK
    local outer
    unshare --net --uts --mount --pid --fork --mount-proc --kill-child sleep infinity &
    outer=$!
    children+=("$outer")
    within 60 pgrep -P "$outer" sleep >/dev/null
    process[$1]=$(pgrep -P "$outer" sleep)
    ip link add "to-$1" type veth peer name eth0 netns "${process[$1]}"
    ip addr add "10.0.$2.1/24" dev "to-$1"
    ip link set "to-$1" up
    on "$1" hostname "$1"
    on "$1" ip link set lo up
    on "$1" ip addr add "10.0.$2.2/24" dev eth0
    on "$1" ip link set eth0 up
    on "$1" mount -t tmpfs none /run
    on "$1" mkdir -p /run/rpcbind /run/sendsigs.omit.d
    on "$1" rpcbind -w
    on "$1" rpc.statd --no-notify
    on "$1" mount -t nfs -o vers=4.2 "10.0.$2.1:/" /nfs
    on "$1" mount -t nfs -o vers=3 "10.0.$2.1:$share" /nfs3
}
factory_on() { # MACHINE ARGUMENT...
    local machine=$1
    shift
    on "$machine" "$TOOL" --root "$root" --images "$here/images" --image tiny --recipes "$recipes" "$@"
}
both() { # ARGUMENT...: at the same time on both machines; $out is what both printed
    local status=0
    factory_on a "$@" >"$work/a" 2>&1 &
    children+=($!)
    factory_on b "$@" >"$work/b" 2>&1 || status=$?
    wait "${children[-1]}" || status=$?
    unset 'children[-1]'
    out=$(cat "$work/a" "$work/b")
    expect "both end well: $*" "$status" 0
}
empty_root() { # DIRECTORY
    root=$1
    mkdir -p "$root"
    printf 'network: {retries: 0}\ncache: {only-signed: false}\n' >"$root/config.yaml"
}
same_bundle() { # WHAT ROOT: has the bytes of the one that was built before there was a virtual machine
    expect "$1" "$(sha256sum <"$2/builds/slurm-1.0-software.tar.gz")" \
        "$(sha256sum <"$here/factory/builds/slurm-1.0-software.tar.gz")"
}
named() { # CACHE: how many manifests its index.json names, as the server has it
    python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["manifests"]))' "$share/$1/index.json"
}
keep_open() { # FILE: by a process on b
    rm -f "$work/opened"
    on b sh -c 'exec <"$1" && : >"$2" && exec sleep infinity' sh "$1" "$work/opened" &
    children+=($!)
    within 60 test -e "$work/opened"
}

check_cache() { # MOUNT: a cache that a makes and b uses
    local cache=$1/cache machine
    root=$here/factory
    run 0 factory_on a cache push "$cache" slurm@1.0
    expect_in "$1: pushed" "$out" "3 packages pushed" "base image tiny pushed"
    for machine in a b; do
        run 0 factory_on "$machine" cache list "$cache"
        expect_in "$1: $machine lists it" "$out" "greet@1.0" "helper@1.0" "slurm@1.0" "base image tiny" "3 packages, 1 images"
        run 0 factory_on "$machine" cache verify "$cache"
    done
    empty_root "$work$1"
    run 0 factory_on b build --slurm-version 1.0 --cache "$cache" --offline
    expect_in "$1: all is taken" "$out" "0 packages built, 0 from the store, 3 from binary caches"
    same_bundle "$1: which gives the bundle" "$root"
}
check_news() { # MOUNT: b has looked for what a pushes then, and for the cache itself
    local cache=$1/dir/news
    empty_root "$work$1-news"
    run 1 factory_on b cache list "$cache"
    expect_in "$1: no cache yet" "$out" "there is no binary cache in $cache"
    root=$here/factory
    run 0 factory_on a cache push "$cache" helper@1.0
    root=$work$1-news
    run 0 factory_on b cache list "$cache"
    expect_in "$1: a cache that was made a moment ago" "$out" "helper@1.0" "1 packages, 1 images"
    run 4 factory_on b cache pull slurm@1.0 --cache "$cache"
    expect_in "$1: some are missing" "$out" "not found: greet@1.0, slurm@1.0"
    root=$here/factory
    run 0 factory_on a cache push "$cache" slurm@1.0
    root=$work$1-news
    run 0 factory_on b cache pull slurm@1.0 --cache "$cache"
    expect_in "$1: what was pushed a moment ago is found" "$out" "2 pulled, 1 were there"
}
# NFS keeps what is removed while a process of the same client has it open, so a finds the index.json that it knows.
check_replaced_index() { # MOUNT
    local cache=$1/replaced
    root=$here/factory
    run 0 factory_on a cache push "$cache" helper@1.0
    keep_open "$cache/index.json"
    run 0 factory_on b cache push "$cache" greet@1.0
    run 0 factory_on a cache push "$cache" slurm@1.0
    expect "$1: nobody's entries are lost" "$(named replaced)" 4
    rm -r "${share:?}/replaced"
}
# A large one is not read at once, and version 3 has no more of it when another machine has replaced it.
check_index_under_way() { # MOUNT
    local cache=$1/under-way replacing
    : >"$work/go-on"
    root=$here/factory
    run 0 factory_on a cache push "$cache" helper@1.0
    head -c 8000000 /dev/zero | tr '\0' ' ' >>"$share/under-way/index.json"
    on b sh -c 'cd "$1" && while test -e "$2"; do cp index.json new && mv new index.json || exit 1; done' \
        sh "$cache" "$work/go-on" &
    replacing=$!
    for _ in 1 2 3 4; do
        run 0 factory_on a cache list "$cache"
        expect_in "$1: an index that is replaced while it is read" "$out" "helper@1.0" "1 packages, 1 images"
    done
    rm "$work/go-on"
    expect_true "$1: it was replaced all the time" wait "$replacing"
    rm -r "${share:?}/under-way"
}
check_pushes_together() { # MOUNT ROUND
    local cache=$1/together-$2 pusher status=0
    root=$here/factory
    factory_on a cache push "$cache" greet@1.0 >"$work/a" 2>&1 &
    pusher=$!
    run 0 factory_on b cache push "$cache" helper@1.0
    wait "$pusher" || status=$?
    expect "$1: the other's push" "$status" 0
    expect "$1: both make a cache and push to it" "$(named "together-$2")" 3
    both cache push "$cache" slurm@1.0
    expect "$1: all is named" "$(named "together-$2")" 4
    expect "$1: nothing is pending" "$(ls "$share/together-$2/pending" "$share/together-$2/tmp")" \
        "$share/together-$2/pending:"$'\n\n'"$share/together-$2/tmp:"
    run 0 factory_on a cache verify "$cache"
}

active() { # MACHINE: what is run there by its links
    on "$1" "$prefix/current/bin/hello"
}
check_prefix() { # MOUNT
    prefix=$1/slurm
    root=$work/local
    run 0 factory_on a deploy "$here/bundles/24.05.8.tar.gz" --prefix "$prefix"
    expect "$1: b runs what a deployed" "$(active b)" "hello from 24.05.8"
    run 0 factory_on b status --prefix "$prefix"
    expect_in "$1: b sees the links" "$out" "slurmctld  24.05.8-"
    run 0 factory_on a deploy "$here/bundles/24.11.5.tar.gz" --prefix "$prefix"
    run 0 factory_on b status --prefix "$prefix"
    expect_in "$1: b sees at once that a switched" "$out" "link       client     24.11.5-" "previous   client     24.05.8-"
    expect "$1: and from then on b runs it" "$(active b)" "hello from 24.11.5"
    run 0 factory_on b rollback --prefix "$prefix" --force
    expect_in "$1: b goes back" "$out" "client 24.11.5-" "-> 24.05.8-"
    run 0 factory_on a status --prefix "$prefix"
    expect_in "$1: a sees it at once" "$out" "link       client     24.05.8-" "previous   client     24.11.5-"
    expect "$1: and runs it" "$(active a)" "hello from 24.05.8"
    run 0 factory_on a rollback --prefix "$prefix"
    run 0 factory_on b status --prefix "$prefix"
    expect_in "$1: and forth again" "$out" "link       client     24.11.5-"
    rm -r "${share:?}/slurm"
}
check_deployed_together() { # MOUNT
    prefix=$1/slurm
    root=$work/local
    both deploy "$here/bundles/24.05.8.tar.gz" --prefix "$prefix"
    expect "$1: one version" "$(find "$share/slurm/versions" -mindepth 1 -maxdepth 1 -printf x)" x
    expect "$1: nothing is left" "$(ls -A "$share/slurm/.incoming")" ""
    expect "$1: and it runs" "$(active a)" "hello from 24.05.8"
    rm -r "${share:?}/slurm"
}

journal() { # DIRECTORY: versions of the format of its index, for who writes and who reads: 1 a rollback journal, 2 WAL
    od -An -tu1 -j 18 -N 2 "$1/state.db" | xargs
}
check_root() { # MOUNT
    root=$1/factory
    cp -r "$here/factory" "$share/factory"
    rm -r "$share/factory/layers"
    expect "an index on a disk" "$(journal "$here/factory")" "2 2"
    run 9 factory_on a doctor
    expect_in "$1: doctor says what a root there is not good for" "$out" "warning  root: $root is on NFS: " \
        "fix: choose a --root on a disk of this machine"
    run 6 factory_on a build --slurm-version 1.0 --offline
    expect_in "$1: nothing can be built there" "$out" "error: builds cannot be isolated on this host" \
        "cannot mount the overlay of 1 layers" "hint: the upper and work directories must be on one file system" "not NFS"
    expect "$1: the index that was copied there has no WAL" "$(journal "$share/factory")" "1 1"
    rm -r "$share/factory"
    empty_root "$share/factory"
    root=$1/factory
    both build --slurm-version 1.0 --cache "$1/cache" --offline
    expect "$1: nor has a new one" "$(journal "$share/factory")" "1 1"
    same_bundle "$1: what is taken from a cache gives the bundle" "$share/factory"
    run 0 factory_on b build --slurm-version 1.0 --offline
    expect_in "$1: the index is whole" "$out" "nothing to do"
    rm -r "$share/factory"
}

check_squashed_root() { # root is nobody to the server
    mkdir "$share/squashed"/{closed,open,user} "$work/user"
    chmod 777 "$share/squashed/open"
    chown 1000:1000 "$share/squashed/user" "$work/user"
    chmod 755 "$work"
    root=$here/factory
    run 8 factory_on a cache push /nfs/squashed/closed/cache slurm@1.0
    expect_in "squashed: no right to push" "$out" "cannot make the directory /nfs/squashed/closed/cache" "Permission denied"
    run 0 factory_on a cache push /nfs/squashed/open/cache slurm@1.0
    run 0 factory_on b cache verify /nfs/squashed/open/cache
    root=$work/local
    run 11 factory_on a deploy "$here/bundles/24.05.8.tar.gz" --prefix /nfs/squashed/closed/slurm
    expect_in "squashed: no right to deploy" "$out" "cannot create directory '/nfs/squashed/closed/slurm': Permission denied"
    run 11 factory_on a deploy "$here/bundles/24.05.8.tar.gz" --prefix /nfs/squashed/open/slurm
    expect_in "squashed: nobody's files cannot be root's" "$out" "Cannot change ownership to uid 0"
    run 0 on a setpriv --reuid 1000 --regid 1000 --clear-groups env HOME="$work/user" "$TOOL" deploy \
        "$here/bundles/24.05.8.tar.gz" --prefix /nfs/squashed/user/slurm
    expect "squashed: the directory's owner can" "$(/srv/share/squashed/user/slurm/current/bin/hello)" "hello from 24.05.8"
}

start_server
start_machine a 1
start_machine b 2
for mount in /nfs /nfs3; do
    check_cache "$mount"
    check_news "$mount"
    check_replaced_index "$mount"
    check_index_under_way "$mount"
    for round in 1 2; do check_pushes_together "$mount" "$round"; done
    check_prefix "$mount"
    for round in 1 2; do check_deployed_together "$mount"; done
    check_root "$mount"
    rm -r "${share:?}"/{cache,dir,together-*}
done
check_squashed_root
finish
