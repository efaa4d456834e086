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
