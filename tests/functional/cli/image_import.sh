#!/bin/bash
# Base images from elsewhere: a directory, archives, OCI layouts, a registry; what a hostile one cannot do; and back out.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root main own
# Files of its own: tar looks whether they change, and each root that is made meanwhile adds a link to those of all.
cp -a "$root/images" "$root/own" && rm -r "$root/images" && mv "$root/own" "$root/images"
rootfs=$(ls -d "$root"/images/*/rootfs)
import() { factory image import "$@" --like tiny; }
digest_of() { awk -v name="$1" '$1 == name { print $2 }' <<<"$out"; }
tiny=$(basename "$(dirname "$rootfs")")

# ---- A directory, and what is shown of it
touch -d '2 days ago' "$root/images/$tiny"
run 0 import copy "$rootfs"
expect "a copy of an image is that image" "$(digest_of copy)" "$tiny"
expect_true "which was used now" [ "$(stat -c %Y "$root/images/$tiny")" -gt "$(date -d '1 day ago' +%s)" ]
run 0 factory image list
expect_in "both names are listed" "$out" "copy " "tiny "
run 0 factory image show copy
expect_in "an imported image is shown" "$out" "Imported from $rootfs" "digest       $tiny" "gcc@" "make@" "imported     20"
run 0 factory image show tiny
expect_in "a made one, too" "$out" "suite        bookworm" "packages     binutils gcc libc6-dev make mold"
run 0 build
# All but the list of what is in it, which names the image.
files_of() { tar -xzOf "$root/builds/slurm-1.0$1-software.tar.gz" --exclude='*manifest*' | sha256sum; }
bundle=$(files_of "")
run 0 build --toolchain copy
expect_in "a build in the copy takes what was built in the image" "$out" "0 packages built, 3 from the store"
expect "the file is named after it, and holds the same" "$(files_of -copy)" "$bundle"
run 0 factory image remove copy
expect_true "the image that was copied stays" test -d "$rootfs/bin"
run 2 build --toolchain copy
expect_in "the copy's name is gone" "$out" "no base image is named 'copy'"

# ---- Archives
run 0 factory image export tiny "$work/tiny.tar.gz"
expect_in "an export says where" "$out" "$work/tiny.tar.gz"
for suffix in tar tar.zst tar.xz; do
    case $suffix in
    tar) gzip -dc "$work/tiny.tar.gz" >"$work/tiny.tar" ;;
    tar.zst) zstd -q -1 "$work/tiny.tar" -o "$work/tiny.tar.zst" ;;
    tar.xz) xz -0 -c "$work/tiny.tar" >"$work/tiny.tar.xz" ;;
    esac
    run 0 import from-archive "$work/tiny.$suffix"
    expect "$suffix: the same image comes back" "$(digest_of from-archive)" "$tiny"
done
owners() { (cd "$1" && find . -printf '%p %U %G %m\n' | sort | sha256sum); }

# ---- OCI layouts and registries, as other tools write and read them
run 0 factory image export tiny "oci:$work/layout:tiny"
run 0 import from-layout "oci:$work/layout:tiny"
expect "a layout: the same image comes back" "$(digest_of from-layout)" "$tiny"
run 2 import from-layout "oci:$work/layout:other"
expect_in "another tag" "$out" "has no image 'other'" "the tag comes after a colon"
if command -v umoci >/dev/null && command -v skopeo >/dev/null; then
    umoci unpack --image "$work/layout:tiny" "$work/bundle" >/dev/null 2>&1
    expect "umoci unpacks it with the owners and modes of the image" "$(owners "$work/bundle/rootfs")" "$(owners "$rootfs")"
    # A second layer that adds, changes and takes away.
    rm -r "$work/bundle/rootfs/usr/share/perl5" "$work/bundle/rootfs/etc/debian_version"
    echo changed >"$work/bundle/rootfs/etc/issue"
    echo new >"$work/bundle/rootfs/etc/new"
    umoci repack --image "$work/layout:two" "$work/bundle" >/dev/null 2>&1
    run 0 import two "oci:$work/layout:two"
    two=$root/images/$(digest_of two)/rootfs
    expect "what the upper layer took away is gone" "$(ls -d "$two/usr/share/perl5" "$two/etc/debian_version" 2>/dev/null)" ""
    expect "what it brought is there" "$(cat "$two/etc/issue" "$two/etc/new")" "$(printf 'changed\nnew')"
    run 0 build --toolchain two
    expect_in "another image has packages of its own" "$out" "3 packages built"
    expect "but they come out the same" "$(files_of -two)" "$bundle"
    if command -v docker-registry >/dev/null; then
        . "$here/../../support/registry.sh"
        start_registry registry
        children+=("$registry")
        skopeo copy -q --dest-tls-verify=false "oci:$work/layout:two" "docker://127.0.0.1:$port/systems/two:1"
        run 0 import pulled "docker://127.0.0.1:$port/systems/two:1"
        expect "a registry: the same image" "$(digest_of pulled)" "$(basename "$(dirname "$two")")"
        skopeo copy -q --format v2s2 --dest-tls-verify=false "oci:$work/layout:two" \
            "docker://127.0.0.1:$port/systems/two:docker"
        run 0 import pulled "oci://127.0.0.1:$port/systems/two:docker"
        expect "an image in Docker's format: the same" "$(digest_of pulled)" "$(basename "$(dirname "$two")")"
        run 0 factory image export tiny "oci://127.0.0.1:$port/systems/tiny:1"
        run 0 skopeo inspect --tls-verify=false "docker://127.0.0.1:$port/systems/tiny:1"
        expect_in "an export to a registry is an image there" "$out" '"Os": "linux"'
    fi
fi

# ---- A system that is not Debian's: the libraries in lib64, no package database, bash as the shell, no mold
rocky=$work/rocky
cp -al "$rootfs" "$rocky"
rm "$rocky/etc/os-release" "$rocky/usr/lib/os-release" # links to the image's files go, the files stay
printf 'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n' >"$rocky/etc/os-release"
rm -r "$rocky"/var/lib/{dpkg,apt} "$rocky"/etc/{apt,dpkg,debian_version} "$rocky"/usr/lib/{apt,dpkg}
rm -f "$rocky"/usr/bin/{apt*,dpkg*,dash,mold,ld.mold} "$rocky"/usr/sbin/{adduser,addgroup} "$rocky"/usr/bin/sh
ln -s bash "$rocky/usr/bin/sh"
mv -f "$rocky"/usr/lib/x86_64-linux-gnu/* "$rocky/usr/lib64/"
rmdir "$rocky/usr/lib/x86_64-linux-gnu" && ln -s ../lib64 "$rocky/usr/lib/x86_64-linux-gnu"
run 0 import rocky "$rocky"
expect_in "it becomes an image" "$out" "rocky "
run 0 factory image show rocky
expect_in "with the tools it has" "$out" "gcc@" "make@"
expect_not_in "and no other" "$out" "mold@"
digest=$(awk '$1 == "digest" { print $2 }' <<<"$out")
expect_in "the builder is in it" "$(cat "$root/images/$digest/rootfs/etc/passwd")" "builder:x:"
slurm_recipe "" $'    build: |\n      echo "configured by ${CONFIG_SHELL:-the usual shell}"; make'
run 0 build --toolchain rocky
expect_in "packages are built in it" "$out" "3 packages built" "builds/slurm-1.0-rocky-software.tar.gz"
mkdir "$work/unpacked"
tar -xzf "$root/builds/slurm-1.0-rocky-software.tar.gz" -C "$work/unpacked"
expect_in "no shell is named that is not there" "$(cat "$root"/logs/slurm-1.0-*.log)" "configured by the usual shell"
run 0 build
expect_in "where dash is, it is named" "$(cat "$root"/logs/slurm-1.0-*.log)" "configured by /bin/dash"
slurm_recipe
expect "and run" "$("$(find "$work/unpacked" -name hello -path '*/bin/*')")" hello

# ---- An imported image in a binary cache
run 0 factory cache keys generate site --directory "$work/keys"
run 0 import shared "$work/tiny.tar"
run 0 build --toolchain shared
run 0 factory cache push "$work/remote" slurm@1.0 --toolchain shared --key "$work/keys/site.key"
expect_in "it is pushed" "$out" "base image shared pushed"
cp -R "$root/images/recipes" "$work/recipes-of-main"
new_root other
rm "$root/images" && mkdir -p "$root/images" && rm "$root"/state.db*
cp -R "$work/recipes-of-main" "$root/images/recipes"
run 2 factory image build shared
expect_in "whoever has neither imports it again" "$out" "was imported, and its files are not here" "image import shared"
run 0 factory cache keys add "$work/keys/site.pub"
run 0 build --toolchain shared --cache "$work/remote" --offline
expect_in "who has its recipe takes it from there" "$out" "3 from binary caches"
root=$work/main

# ---- What is refused, and leaves nothing
images() { ls "$root/images" "$root/images/recipes"; }
before=$(images)
run 2 import tiny "$rootfs"
expect_in "the name of a recipe" "$out" "'tiny' is the name of a base image with a recipe"
run 2 import Bad_Name "$rootfs"
run 2 import none "$work/nothing"
expect_in "nothing there" "$out" "there is no $work/nothing"
mkdir "$work/empty"
run 3 import empty "$work/empty"
expect_in "no system" "$out" "not a root file system" "importing the base image 'empty'"
echo text >"$work/text.tar"
run 9 import text "$work/text.tar"
python3 - "$work" <<'END'
import io, sys, tarfile
def archive(name, *entries):
    with tarfile.open(f"{sys.argv[1]}/{name}.tar", "w") as tar:
        for path, kind, target in entries:
            info = tarfile.TarInfo(path)
            info.type, info.linkname = kind, target
            data = b"owned" if kind == tarfile.REGTYPE else b""
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
file, link, hard = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
out = sys.argv[1] + "/victim"
archive("climbs", ("../../../../victim", file, ""))
archive("through-link", ("way", link, sys.argv[1]), ("way/victim", file, ""))
archive("hard-link", ("way", hard, "../../../../../../../../etc/passwd"))
archive("hard-link-through", ("way", link, "/etc"), ("stolen", hard, "way/passwd"))
archive("takes-away", ("way", link, sys.argv[1]), ("way/.wh.precious", file, ""))
END
echo precious >"$work/precious"
for attack in climbs through-link hard-link hard-link-through takes-away; do
    run 9 import hostile "$work/$attack.tar"
    expect_in "$attack: refused" "$out" "the entry \""
done
expect "nothing was written outside" "$(ls "$work/victim" "$test_root/victim" 2>/dev/null)" ""
expect "nothing was taken away outside" "$(cat "$work/precious")" precious
expect "no image is left of all that" "$(images)" "$before"
finish
