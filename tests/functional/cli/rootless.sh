#!/bin/bash
# An ordinary user builds: with ranges of subordinate ids, and with none.
private_mounts=yes
. "$(dirname "$0")/lib.sh"
. "$here/../../support/ordinary_user.sh"
mkdir $seen/{lab,data,data/recipes,data/images}
cp -R "$here/images" $seen/images
cp -R "$here/../../../floor" $seen/data/
mount --bind "$work" $seen/lab
chmod 755 "$work"
install -d -o $user -g $user "$work/user"
mount --bind "$work/user" $seen/home
install -m 755 "$TOOL" $seen/slurm-factory
user_factory() { # ROOT COMMAND...: the program as the user, in a root of his
    local root=$seen/home/$1
    shift
    as_user env SLURM_FACTORY_DATA=$seen/data $seen/slurm-factory --root "$root" --images $seen/images --image tiny \
        --recipes $seen/lab/recipes "$@"
}
user_builds() { user_factory "$1" build "${@:2}" --offline --cache $seen/lab/remote; }
sum_of_bundle() { sha256sum <"$1/builds/slurm-1.0-software.tar.gz"; }
give_key() { user_factory "$1" cache keys add $seen/lab/keys/site.pub >/dev/null; }

# What root built before, with the image, and what root builds now.
source_base=file://$seen/lab/archives
usual_packages
new_root admin own
run 0 factory cache keys generate site --directory "$work/keys"
run 0 build
run 0 factory cache push "$work/remote" slurm@1.0 --key "$work/keys/site.key"
sed -i 's/echo helped/echo helped again/' "$work/src/helper-1.0/helper"
helper_source && helper_recipe
run 0 factory build 'slurm@1.0 ^greet+loud'
wanted=$(sum_of_bundle "$root")
chmod -R a+rX "$work/remote" "$archives" "$recipes" "$work/keys/site.pub"
chmod 755 "$work/keys"

# ---- With ranges
lend 300000:65536
give_key ranges
run 0 user_builds ranges 'slurm@1.0 ^greet+loud'
expect_in "the user builds" "$out" "fetching the files of the base image" "slurm@1.0: built in" "greet@1.0: built in"
expect_in "and hears that nothing is limited" "$out" "builds have no limit on memory, processors, processes"
expect "the same bundle as root's" "$(sum_of_bundle "$seen/home/ranges")" "$wanted"
expect "layers belong to the user, not to the builder among his ids" \
    "$(find "$seen/home/ranges/layers" -printf '%U\n' | sort -u)" "$user"
expect "the bundle belongs to the user" "$(stat -c %u "$seen/home/ranges/builds/slurm-1.0-software.tar.gz")" "$user"
run 0 user_factory ranges build 'slurm@1.0 ^greet+loud' --offline
expect_in "then there is nothing to do" "$out" "nothing to do"
run 0 user_factory ranges build 'slurm@1.0 ^greet+loud' --offline --check
expect_in "and a second build gives the same" "$out" "greet@1.0: the same bytes" "slurm@1.0: the same bytes"

# The attacks of hostile.sh.
. "$here/hostile_lib.sh"
hostile_build() { user_builds ranges slurm@1.0; }
root=$seen/home/ranges
attack "oci, rootless"
expect_in "what is not limited is told" "$out" "builds have no limit on memory, processors, processes"
holds "oci, rootless" "take more memory, processors or processes than the limits" yes
slurm_recipe

# An image of his own.
run 0 user_factory image image build tiny
installed() { cat "$1"/images/*/rootfs/var/lib/dpkg/status; }
digest_of_image() { basename "$(dirname "$(ls -d "$1"/images/*/rootfs)")"; }
if [[ $(installed "$seen/home/image") == "$(installed "$image_root")" ]]; then
    expect "the image is root's" "$(digest_of_image "$seen/home/image")" "$(digest_of_image "$image_root")"
else
    echo "not compared: the package mirror has changed since root's image was made"
fi

# Killed: nothing is left that the next run would stumble on.
slurm_recipe "" $'    build: |\n      if grep -q "^# wait" "$RECIPE/recipe.yaml"; then sleep 86399; fi\n      make'
echo "# wait" >>"$recipes/slurm/recipe.yaml"
for signal in INT KILL; do
    user_builds ranges slurm@1.0 >"$work/log" 2>&1 &
    children+=($!)
    expect_true "$signal: the build is under way" within 60 pgrep -f 'sleep 86399' >/dev/null
    pkill "-$signal" -u $user -f 'slurm-factory --root'
    expect_true "$signal: no process is left" within 5 eval '! pgrep -u 359998 >/dev/null && ! pgrep -f "sleep 86399" >/dev/null'
done
sed -i '/^# wait/d' "$recipes/slurm/recipe.yaml"
run 0 user_builds ranges slurm@1.0
expect_in "the next run builds" "$out" "1 package built"
expect "nothing is left in work/" "$(find "$seen/home/ranges/work" -mindepth 1 -maxdepth 1 -name '*.??????')" ""
run 0 user_factory ranges clean --full
expect "clean takes what belongs to other ids, too" "$(find "$seen/home/ranges" ! -uid $user)" ""

# ---- Without: the caller is the only one there is
lend_nothing
slurm_recipe
give_key single
run 6 user_factory single image build tiny
expect_in "an image cannot be made" "$out" "files of several users" "have an administrator run once" \
    "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 fixture" "binary cache"
run 0 user_builds single 'slurm@1.0 ^greet+loud'
expect_in "but packages be built in a fetched one" "$out" "slurm@1.0: built in"
expect "the same bundle as root's" "$(sum_of_bundle "$seen/home/single")" "$wanted"
expect "everything belongs to the user" "$(find "$seen/home/single" ! -uid $user)" ""

# ---- Ranges that are not enough, or later ones
lend 300000:1000
run 6 user_factory few image build tiny
expect_in "a range without the builder's id is none" "$out" "usermod --add-subuids"
lend 300000:65536
greet_recipe "# comments change nothing"
slurm_recipe "" $'    build: |\n      make && echo changed >/dev/null'
run 0 user_builds single 'slurm@1.0 ^greet+loud'
expect_in "layers of the time before are built on" "$out" "1 package built, 2 from the store"
finish
