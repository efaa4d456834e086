#!/bin/bash
# Where sources come from, and what is said when they cannot be had.
. "$(dirname "$0")/lib.sh"
usual_packages
greet_sum=$(sum "$archives/greet-1.0.tar.gz")

# ---- Without a network
new_root offline
source_base=http://127.0.0.1:1 usual_packages
run 4 build --offline
expect_in "--offline names all that is missing at once" "$out" "3 sources are missing, and --offline forbids fetching" \
    "greet@1.0: greet-1.0.tar.gz (sha256 $greet_sum)" "helper@1.0: helper-1.0.tar.gz" "slurm@1.0: slurm-1.0.tar.gz" \
    "hint: fetch once without --offline"
expect_no_leftovers "after --offline"

run 4 build
expect_in "an unreachable source: each place and why" "$out" "no source of" "http://127.0.0.1:1/" "onnect" \
    "hint: check network"
expect_no_leftovers "after an unreachable source"
expect "nothing is kept in the cache" "$(find "$root/cache/sources" -type f ! -name '*.lock')" ""
helper_recipe && slurm_recipe
sed -i 's|^      - url: .*greet.*|      - url: file:///nonexistent/greet-1.0.tar.gz\n        sha256: '"$greet_sum"'\n&|' \
    "$recipes/greet/recipe.yaml"
run 4 build --mirror "$archives/none" --jobs 1
expect_in "alternatives and mirrors are all listed" "$out" "no source of greet@1.0 could be fetched" \
    "$archives/none/$greet_sum/greet-1.0.tar.gz: no such file" "file:///nonexistent/greet-1.0.tar.gz: no such file" \
    "http://127.0.0.1:1/greet-1.0.tar.gz: "

# ---- Mirrors
run 0 build --mirror "$archives" --offline
expect_in "a mirror directory serves, also offline" "$out" "greet@1.0: fetched in" "slurm@1.0: built in"
cache=$root/cache/sources
expect_true "the cache has the archive by its sum" cmp "$cache/$greet_sum/greet-1.0.tar.gz" "$archives/greet-1.0.tar.gz"
new_root by-cache
run 0 build --mirror "$cache" --offline
expect_in "another machine's cache is a mirror" "$out" "3 packages built"

new_root by-http
mkfifo "$work/hold"
python3 "$here/../../support/http_server.py" "$archives" "$work/http.log" <"$work/hold" >"$work/port" &
children+=($!)
exec 9>"$work/hold"
within 10 test -s "$work/port"
port=$(cat "$work/port")
run 0 build --mirror "http://127.0.0.1:$port/ok"
expect_in "a web mirror serves" "$out" "3 packages built" "greet@1.0: fetched in"
expect_in "it was asked by sum first" "$(cat "$work/http.log")" "begin /ok/$greet_sum/greet-1.0.tar.gz"

# A password in a URL is nobody else's business, whether the transfer goes well or not.
new_root by-password
echo 'cache: {only-signed: false}' >>"$root/config.yaml"
source_base=http://127.0.0.1:1 usual_packages
private=http://u:s3cret@127.0.0.1:$port
run 4 build --mirror "$private/status/403" --cache "$private/status/403" --events "$root/events-1"
expect_in "refused places are named" "$out" "  http://***@127.0.0.1:$port/status/403/" ": HTTP status 403" \
    "going on without the binary cache http://***@127.0.0.1:$port"
expect_not_in "without the password" "$out" s3cret
run 0 build --mirror "$private/ok" --cache "$private/ok/none" --events "$root/events-2"
expect_in "the mirror serves whoever has one" "$out" "3 packages built"
expect_not_in "without showing it" "$out" s3cret
expect_in "the events name the place, too" "$(cat "$root/events-2")" "http://***@127.0.0.1:$port/ok/greet-1.0.tar.gz"
expect "the password is in no log, record, manifest or report" "$(grep -rl s3cret "$root")" ""
mkdir "$work/unpacked"
for tarball in "$root"/builds/*.tar.gz; do tar -C "$work/unpacked" -xzf "$tarball"; done
expect "nor in what ships" "$(grep -rl s3cret "$work/unpacked")" ""
usual_packages

new_root by-flaky-http
run 0 build --mirror "http://127.0.0.1:$port/flaky/1" --retries 2
expect_in "a web mirror that fails once serves, too" "$out" "3 packages built"

# ---- Wrong bytes
new_root wrong
greet_recipe
wrong=0000000000000000000000000000000000000000000000000000000000000001
sed -i "s/$greet_sum/$wrong/" "$recipes/greet/recipe.yaml"
run 4 build --jobs 1
expect_in "a wrong sum: both sums and the URL" "$out" "no source of greet@1.0" "file://$archives/greet-1.0.tar.gz" \
    "$wrong" "$greet_sum"
expect "nothing of it is kept" "$(find "$root/cache/sources" -name '*greet*')" ""
expect "no partial file is kept" "$(find "$root/cache/sources/partial" -type f ! -name '*.lock' 2>/dev/null)" ""
sed -i "s|url: .*greet|url: http://127.0.0.1:$port/ok/greet|" "$recipes/greet/recipe.yaml"
run 4 build --jobs 1
expect_in "the same from the web" "$out" "http://127.0.0.1:$port/ok/greet-1.0.tar.gz" "$wrong" "$greet_sum"
expect "nothing of that is kept either" \
    "$(find "$root/cache/sources" -name '*greet*' -o -name "*$wrong*" ! -name '*.lock')" ""
expect_no_leftovers "after a wrong sum"
greet_recipe
run 0 build
expect_in "with the right sum it goes on" "$out" "greet@1.0: built in"

# ---- Patches of a distribution
new_root patches
mkdir -p "$work/debian/debian/patches/up"
cat >"$work/debian/debian/patches/up/CVE-2026-0001-1.patch" <<'END'
Description: Greets more politely.
--- a/greet.c
+++ b/greet.c
@@ -2,5 +2,5 @@
 #ifdef LOUD
 const char* greet(void) { return "HELLO"; }
 #else
-const char* greet(void) { return "hello"; }
+const char* greet(void) { return "good day"; }
 #endif
END
cat >"$work/debian/debian/patches/second.patch" <<'END'
--- a/greet.c
+++ b/greet.c
@@ -4,3 +4,3 @@
 #else
-const char* greet(void) { return "good day"; }
+const char* greet(void) { return "good day, twice patched"; }
 #endif
END
ln -s /etc/passwd "$work/debian/debian/patches/not-wanted"
debian=$archives/greet_1.0-1+deb1.debian.tar.xz
tar -C "$work/debian" -czf "$debian" debian # tar looks at the bytes; the tiny image has no xz
patch_package
patched_recipe() { # FILE...: of the series
    greet_recipe "dependencies: [{spec: patch, type: build}]"
    local set=$work/patch-set
    { echo "    patches:"
      echo "      - apt: greet"
      echo "        revision: 1.0-1+deb1"
      echo "        sha256: $(sum "$debian")"
      echo "        urls: [${patches_base:-file://$archives}/${debian##*/}]"
      echo "        series: [$(IFS=,; echo "$*")]"
    } >"$set"
    sed -i "/^variants:/{
        e cat $set
    }" "$recipes/greet/recipe.yaml"
}
echo 'network: {retries: 0, apt: false}' >"$root/config.yaml"
patched_recipe up/CVE-2026-0001-1.patch second.patch
run 0 factory spec slurm@1.0
expect_in "spec names the patches" "$out" "to be built, 2 patches of greet 1.0-1+deb1"
run 0 build
expect_in "patches are applied" "$out" "greet@1.0: built in"
tar -C "$work/unpacked" -xzf "$root/builds/slurm-1.0-software.tar.gz"
run 0 "$work/unpacked/software/bin/hello"
expect "in the order of the series" "$out" "good day, twice patched"
expect_in "the manifest names them" "$(cat "$root/builds/slurm-1.0-manifest.json")" '"revision": "1.0-1+deb1"' \
    '"name": "up/CVE-2026-0001-1.patch"' '"CVE-2026-0001"'
run 0 factory plan slurm@1.0 --format sh
expect_in "so does the plain script" "$out" "apply 'second.patch of greet 1.0-1+deb1'"

run 0 factory mirror create "$work/patches-mirror" slurm@1.0
expect_true "a mirror has the patches" test -f "$work/patches-mirror/$(sum "$debian")/${debian##*/}"
patched_recipe up/CVE-2026-0001-1.patch
run 0 factory explain greet slurm@1.0
expect_in "other patches are another key" "$out" "phase unpack"
source_base=file:///nonexistent
patches_base=file:///nonexistent
patched_recipe up/CVE-2026-0001-1.patch second.patch
new_root patches-offline
run 0 build --offline --mirror "$work/patches-mirror"
expect_in "it serves without a network" "$out" "4 packages built"
new_root patches-missing
rm "$work/patches-mirror/$(sum "$debian")/${debian##*/}"
run 4 build --offline --mirror "$work/patches-mirror"
expect_in "patches that are missing are named" "$out" "1 source is missing" \
    "patches of greet@1.0: ${debian##*/} (sha256 $(sum "$debian"))"
unset source_base patches_base
patched_recipe up/CVE-2026-0001-1.patch second.patch
run 0 build --source "greet=$archives/greet-1.0.tar.gz"
expect_in "a source of one's own is built as it is, and that is said" "$out" \
    "greet@1.0 is built from --source unchanged, without the recipe's patches of greet 1.0-1+deb1"

new_root patches-unfit
patched_recipe second.patch
run 5 build --jobs 1
expect_in "a patch that does not fit: which, where, the rejected lines" "$out" \
    "the patch second.patch of greet 1.0-1+deb1 does not fit" "--- greet.c" "-const char* greet(void) { return \"good day\"; }" \
    "hint: the patch is for another version, or needs an earlier patch"
expect_no_leftovers "after a patch that does not fit"
patched_recipe third.patch
run 5 build --jobs 1
expect_in "a patch that the archive does not have" "$out" "debian/patches/third.patch: Not found in archive"
rm -r "$recipes/patch"
usual_packages

# ---- Sources of one's own
new_root own
run 0 build --source "greet=$archives/greet-1.0.tar.gz"
expect_in "a tarball of one's own" "$out" "3 packages built"
cp -r "$work/src/greet-1.0" "$work/mine"
sed -i 's/"hello"/"mine"/' "$work/mine/greet.c"
run 0 build --source "greet=$work/mine"
expect_in "a directory of one's own" "$out" "greet@1.0: built in"
tar -C "$work" -xzf "$root/builds/slurm-1.0-software.tar.gz"
run 0 "$work/software/bin/hello"
expect "it is what was built" "$out" mine
expect "the directory is as it was" "$(ls "$work/mine" | tr '\n' ' ')" "Makefile greet.c greet.h "
run 0 build --source "greet=$work/mine"
expect_in "unchanged, it is not built again" "$out" "nothing to do"
sed -i 's/"mine"/"mine, too"/' "$work/mine/greet.c"
run 0 build --source "greet=$work/mine"
expect_in "changed, it is" "$out" "greet@1.0: built in"
run 4 build --source "greet=$work/nonexistent"
expect_in "a source that is not there" "$out" "there is no file or directory $work/nonexistent"
run 2 build --source greet
expect_in "a source without a path" "$out" "not of the form PACKAGE=PATH"
run 2 build --source "great=$work/mine"
expect_in "a source of no package" "$out" "--source great: this build has no package of that name"
run 0 factory build --slurm-version 1.0.7 --source "slurm=$archives/slurm-1.0.tar.gz"
expect_in "a version that the recipe does not know" "$out" "slurm@1.0.7: built in" "slurm-1.0.7-software.tar.gz"
exec 9>&-
finish
