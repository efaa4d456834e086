#!/bin/bash
# New releases: `recipe outdated` and `recipe add`, against a server that publishes them as projects do.
# shellcheck disable=SC2034 # lib.sh reads it
private_mounts=yes
. "$(dirname "$0")/lib.sh"
usual_packages
mkfifo "$work/hold"
python3 "$here/../../support/http_server.py" "$archives" "$work/http.log" <"$work/hold" >"$work/port" &
children+=($!)
exec 9>"$work/hold"
within 10 test -s "$work/port"
server=http://127.0.0.1:$(cat "$work/port")

slurm_releases() { # LINES of `releases`
    slurm_recipe
    printf '%s\n' releases: "$@" >>"$recipes/slurm/recipe.yaml"
}
greet_releases() {
    greet_recipe releases: "$@"
}
new_slurm() { # VERSION: an archive of it
    cp -r "$work/src/slurm-1.0" "$work/src/slurm-$1"
    pack "slurm-$1"
}
new_slurm 1.1
new_sum=$(sum "$archives/slurm-1.1.tar.gz")
printf '%s\n' v0-9 v1-0 v1-1rc1 other v1-1 >"$archives/tags"
echo "greet-1.0.tar.gz" >"$archives/greet-1.0.tar.gz.note"
github="  github: $server/repos/SchedMD/slurm"
url="  url: \"$server/ok/slurm-{version}.tar.gz\""
new_root releases
echo 'network: {retries: 0, apt: false}' >"$root/config.yaml"

# ---- What is outdated
slurm_releases "$github" '  tag: "v{dashed}"' "$url" '  series: 1'
greet_releases "  listing: $server/index/apache" '  file: "greet-{version}.tar.gz"'
run 9 factory recipe outdated slurm greet
expect_in "tags are read page by page, pre-releases left out" "$(tr -s ' ' <<<"$out")" "slurm 1 1.0 1.1 - outdated"
expect_in "a listing of Apache's" "$(tr -s ' ' <<<"$out")" "greet 1.0 1.0 - current"
expect_in "columns are as wide as they must be" "$out" "package  recipe  upstream  distribution  state"
expect_in "the share" "$out" "1 of 2 recipes (50 %) have the newest known version"
run 9 factory recipe outdated slurm --format json
expect_in "JSON" "$out" '"schema": 1' '"package": "slurm"' '"recipe": "1.0"' '"upstream": "1.1"' '"state": "outdated"'
greet_releases "  listing: $server/index/nginx" '  file: "greet-{version}.tar.gz"'
run 4 factory recipe outdated greet
expect_in "a listing of nginx's" "$(tr -s ' ' <<<"$out")" "greet 1.0 1.0 - current"
expect_in "who was not asked is said" "$out" "not asked: the distribution was not asked: network.apt is off"
slurm_releases "  listing: $server/index/nginx" '  file: "slurm-{version}.tar.gz"'
: >"$work/http.log"
run 9 factory recipe outdated slurm greet
expect_in "recipes of one address" "$(tr -s ' ' <<<"$out")" "slurm 1.0 1.1 - outdated" "greet 1.0 1.0 - current"
expect "ask it once" "$(grep ^begin "$work/http.log")" "begin /index/nginx"
slurm_releases "$github" '  tag: "v{dashed}"' "$url" '  series: 1'
wrong() { # WHAT LISTING-LINE EXPECTED...: greet cannot be asked, and slurm is
    greet_releases "$2" "${@:4}"
    run 9 factory recipe outdated slurm greet helper
    expect_in "$1" "$out" "not asked: greet: " "$3" "0 of 1 recipes"
}
file='  file: "greet-{version}.tar.gz"'
wrong "a listing that is none" "  listing: $server/index/none" "this is not a listing" "$file"
wrong "404" "  listing: $server/nothing" "HTTP status 404" "$file"
wrong "a body that does not end" "  listing: $server/endless/tags" "the answer is larger than 8.0 MiB" "$file"
wrong "a listing of other names" "  listing: $server/index/apache" "names looks like 'hello-{version}.zip'" \
    '  file: "hello-{version}.zip"'
wrong "deep JSON" "  github: $server/repos/deep/x" "this is not a list of tags" '  tag: "v{version}"' "$url"
wrong "pages that lead away" "  github: $server/repos/away/x" "the next page is on another server" \
    '  tag: "v{version}"' "$url"
wrong "nobody there" "  listing: http://127.0.0.1:1/" "http://127.0.0.1:1/: " "$file"
run 4 factory recipe outdated greet --offline
expect_in "--offline asks nobody" "$out" "projects were not asked: --offline" "no recipe could be compared"
run 2 factory recipe outdated gret
expect_in "an unknown package" "$out" "there is no recipe for 'gret'" "did you mean 'greet'?"
greet_recipe

# ---- What is added
own=$root/recipes/slurm/versions.yaml
nothing_written() { # WHAT
    expect "$1: nothing is written" "$(find "$root/recipes" "$root/cache/sources" -type f ! -name '*.lock' 2>/dev/null)" ""
}
run 2 factory build --slurm-version 1.1
expect_in "an unknown patch release: the command to add it" "$out" "unknown version '1.1' of slurm" \
    "slurm-factory recipe add slurm@1.1"
run 4 factory recipe add slurm@1.1 --sha256 "$(sum "$archives/slurm-1.0.tar.gz")"
expect_in "a sum that differs" "$out" "checksum mismatch" "$new_sum" "but --sha256 says"
nothing_written "after it"
run 2 factory recipe add slurm@1.0
expect_in "a version that is there" "$out" "slurm already has version 1.0" "recipe.yaml:"
for malformed in slurm slurm@ slurm@1..1 slurm@1.1:1.2 @1.1 'slurm@1.1 +pmix'; do
    run 2 factory recipe add "$malformed"
    expect_in "malformed: $malformed" "$out" "error: '$malformed'"
done
run 2 factory recipe add slum@1.1
expect_in "an unknown package" "$out" "did you mean 'slurm'?"
run 2 factory recipe add slurm@1.1 --sha256 12
expect_in "a sum that is none" "$out" "--sha256: '12' is not a sha256"
run 4 factory recipe add slurm@1.9
expect_in "a version that is not published" "$out" "no source of slurm@1.9" "$server/ok/slurm-1.9.tar.gz: HTTP status 404"
run 4 factory recipe add slurm@1.1 --offline
expect_in "--offline" "$out" "not tried: --offline"
run 2 factory recipe add slurm@1.1 --from "http://u:p@127.0.0.1/slurm-1.1.tar.gz"
expect_in "a password" "$out" "a recipe is not a place for a password"
mkdir "$work/pages"
echo '<!DOCTYPE html><html>Please log in.</html>' | tee "$archives/slurm-1.8.tar.gz" >"$work/pages/slurm-1.1.tar.gz"
run 4 factory recipe add slurm@1.8
expect_in "a page in an archive's place" "$out" "slurm-1.8.tar.gz: a web page came in place of an archive" \
    "check that the version exists"
rm "$archives/slurm-1.8.tar.gz"
run 4 factory recipe add slurm@1.1 --from "$archives/tags"
expect_in "a file that is no archive" "$out" "this is no archive"
nothing_written "after all of these"
factory recipe add slurm@1.1 --from "$server/stall/100/slurm-1.1.tar.gz" >"$work/log" 2>&1 &
adding=$!
within 10 bash -c "compgen -G '$root/cache/sources/partial/*/slurm-1.1.tar.gz' >/dev/null"
kill -INT "$(pgrep -P "$adding" || echo "$adding")" 2>/dev/null || true
status=0
wait "$adding" || status=$?
expect "Ctrl-C while it fetches" "$status" 130
nothing_written "after it"
expect "nor a directory" "$(ls "$root/cache/sources/partial")" ""

echo "$(sum "$archives/slurm-1.0.tar.gz")  slurm-1.1.tar.gz" >"$archives/sums"
slurm_releases "$github" '  tag: "v{dashed}"' "$url" "  checksum: \"$server/ok/sums?{version}\""
run 4 factory recipe add slurm@1.1
expect_in "a published sum that differs" "$out" "checksum mismatch" "$server/ok/sums"
nothing_written "after it"
slurm_releases "$github" '  tag: "v{dashed}"' "$url" "  checksum: \"$server/ok/none-{version}\""
run 4 factory recipe add slurm@1.1
expect_in "a published sum that is not there" "$out" "slurm@1.1 cannot be checked" "give its sum with --sha256"
nothing_written "after it"
slurm_releases "$github" '  tag: "v{dashed}"' "$url" "  checksum: \"$server/ok/sums?{version}\"" '  series: 1'
echo "$new_sum  slurm-1.1.tar.gz" >"$archives/sums"
before=$(sum "$recipes/slurm/recipe.yaml")
run 0 factory recipe add slurm@1.1 --mirror "file://$work/pages" # which has a page in its place
expect_in "a version is added" "$out" "slurm@1.1: $server/ok/slurm-1.1.tar.gz" "sha256 $new_sum" \
    "matches the published sum $server/ok/sums" "added to $own"
expect "the recipe is as it was" "$(sum "$recipes/slurm/recipe.yaml")" "$before"
expect_true "the archive is in the source cache" cmp "$root/cache/sources/$new_sum/slurm-1.1.tar.gz" "$archives/slurm-1.1.tar.gz"
run 0 factory recipe check "$root/recipes"
cp "$own" "$work/added"
sed -i 's/sha256: .*/sha256: 12/' "$own"
run 3 factory recipe check "$root/recipes"
expect_in "added versions are checked" "$out" "$own:" "'12' is not a sha256"
cp "$work/added" "$own"
run 4 factory recipe outdated slurm
expect_in "it is current now" "$(tr -s ' ' <<<"$out")" "slurm 1 1.1 1.1 - current"
run 0 factory build --slurm-version 1.1
expect_in "and is built" "$out" "slurm@1.1: built in"
new_slurm 1.2
run 0 factory recipe add slurm@1.2 --from "$archives/slurm-1.2.tar.gz" --sha256 "$(sum "$archives/slurm-1.2.tar.gz")" --offline
expect "the higher version comes first" "$(grep -o '"1\.[12]"' "$own" | tr '\n' ' ')" '"1.2" "1.1" '
expect_in "a file is named, and where its project has it" "$(cat "$own")" "file://$archives/slurm-1.2.tar.gz" \
    "$server/ok/slurm-1.2.tar.gz"

# ---- In place
rm -r "$root/recipes"
sed -i 's/^versions:/versions: # all of them/' "$recipes/slurm/recipe.yaml"
cp "$recipes/slurm/recipe.yaml" "$work/before"
mount --bind -o ro "$recipes" "$recipes"
mount -o remount,bind,ro "$recipes"
run 8 factory recipe add slurm@1.1 --in-place
expect_in "a directory that cannot be written" "$out" "Read-only file system" "recipe.yaml"
umount "$recipes"
run 0 factory recipe add slurm@1.1 --in-place
expect "in place, only lines are added" "$(diff "$work/before" "$recipes/slurm/recipe.yaml" | grep -c '^<' || true)" 0
expect "before the lower version" "$(grep -A 1 '^versions:' "$recipes/slurm/recipe.yaml" | tail -1)" '  - version: "1.1"'
expect "nothing else lies beside it" "$(ls -A "$recipes/slurm")" recipe.yaml
run 0 factory spec slurm@1.1

# ---- A signature
if command -v gpg >/dev/null; then
    export GNUPGHOME=$work/gpg
    mkdir -m 700 "$GNUPGHOME"
    gpg --batch --quiet --passphrase '' --quick-generate-key releases@example.org ed25519 sign never
    gpg --armor --export >"$recipes/slurm/release.asc"
    gpg --armor --detach-sign --output "$archives/slurm-1.2.tar.gz.asc" "$archives/slurm-1.2.tar.gz"
    slurm_releases "$github" '  tag: "v{dashed}"' "$url" "  signature: \"$server/ok/slurm-{version}.tar.gz.asc\"" \
        '  keys: [release.asc]'
    run 0 factory recipe add slurm@1.2
    expect_in "a good signature" "$out" "matches the signature $server/ok/slurm-1.2.tar.gz.asc, made by"
    rm -r "$root/recipes"
    cp "$archives/slurm-1.2.tar.gz.asc" "$archives/slurm-1.1.tar.gz.asc"
    run 4 factory recipe add slurm@1.1
    expect_in "that of another archive" "$out" "the signature $server/ok/slurm-1.1.tar.gz.asc does not fit"
    expect "nothing is written after it" "$(find "$root/recipes" -type f 2>/dev/null)" ""
    gpgconf --kill all
fi
finish
