#!/bin/bash
# The attacks of hostile.sh on an ordinary user's builds.
private_mounts=yes
. "$(dirname "$0")/lib.sh"
. "$here/../../support/ordinary_user.sh"
. "$here/hostile_lib.sh"
mkdir $seen/{lab,data,data/recipes,data/images}
cp -R "$here/images" $seen/images
mount --bind "$work" $seen/lab
chmod 755 "$work"
install -d -o $user -g $user "$work/user"
mount --bind "$work/user" $seen/home
install -m 755 "$TOOL" $seen/slurm-factory
source_base=file://$seen/lab/archives
usual_packages
# The image and the other packages come from root's cache.
new_root admin own
run 0 factory cache keys generate site --directory "$work/keys"
run 0 build
run 0 factory cache push "$work/remote" slurm@1.0 --key "$work/keys/site.key"
chmod -R a+rX "$work/remote" "$archives" "$recipes" "$work/keys/site.pub"
chmod 755 "$work/keys"
root=$seen/home/hostile
user_factory() {
    as_user env SLURM_FACTORY_DATA=$seen/data $seen/slurm-factory --root "$root" --images $seen/images --image tiny \
        --recipes $seen/lab/recipes "$@"
}
hostile_build() { user_factory build --slurm-version 1.0 --offline --cache $seen/lab/remote "$@"; }
lend 300000:65536
user_factory cache keys add $seen/lab/keys/site.pub >/dev/null
attack "oci, rootless"
expect_in "what is not limited is told" "$out" "builds have no limit on memory, processors, processes"
holds "oci, rootless" "take more memory, processors or processes than the limits" yes
outputs "oci, rootless"
finish
