#!/bin/bash
# nfs_test.sh PROGRAM: binary caches, prefixes of `deploy` and roots on NFS, which a container cannot mount: guest.sh does it
# in a virtual machine. Here is made what it takes along: packages that are built, and bundles. Run by hand (about ten minutes
# without KVM); it needs what the scripts in ../cli need, and what tests/support/vm.sh says.
. "$(dirname "$0")/../cli/lib.sh"
# shellcheck source=../cli/deploy_lib.sh
. "$here/deploy_lib.sh"
. "$here/../../support/vm.sh"
lab=$work/lab
carried=$lab/extra/opt/test

libraries() { # of the program: the packages that have them
    local library
    ldd "$TOOL" | grep -o '/[^ ]*' | while read -r library; do
        dpkg-query -S "$library" 2>/dev/null || dpkg-query -S "/usr$library"
    done | cut -d : -f 1 | sort -u | paste -s -d ,
}
carry_root() { # with an image that has a shell only: nothing is built in it
    local image
    image=$(cd "$root/images" && echo [0-9a-f]*)
    cp -r "$root" "$carried/factory"
    rm "$carried/factory/images"
    mkdir -p "$carried/factory/images/$image/rootfs/bin"
    cp "$(command -v busybox)" "$carried/factory/images/$image/rootfs/bin/sh"
}

vm_root "nfs-kernel-server,nfs-common,rpcbind,iproute2,crun,$(libraries)" \
    fs/{nfs,nfsd,nfs_common,lockd,netfs,fscache,overlayfs} net/{sunrpc,dns_resolver} drivers/net/veth.ko drivers/block/loop.ko
mkdir -p "$carried"
cp "$TOOL" "$carried/program"
cp "$here/lib.sh" "$(dirname "$0")/guest.sh" "$carried/"
cp -r "$here/images" "$here/../../../floor" "$carried/"

usual_packages
new_root packages
run 0 build
((failures == 0)) || finish
carry_root
cp -r "$recipes" "$carried/"
bundles 24.05.8 24.11.5
((failures == 0)) || finish
cp -r "$work/bundles" "$carried/"

vm_run 1800 'SLURM_FACTORY_DATA=/opt/test SF_TEST_ROOT=/tmp/test /opt/test/guest.sh /opt/test/program'
