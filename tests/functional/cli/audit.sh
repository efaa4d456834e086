#!/bin/bash
# `audit` of a bundle, its tree, manifests and hosts; by advisories that ship, in files and on a server.
shipped_advisories=yes
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
advisory() { # ID PACKAGE EVENTS: an advisory in the OSV format
    printf '{"id": "%s", "modified": "2026-11-30T00:00:00Z", "summary": "A hole of %s", "affected": [{"package":
        {"ecosystem": "slurm-factory", "name": "%s"}, "ranges": [{"type": "ECOSYSTEM", "events": [%s]}]}]}\n' \
        "$1" "$2" "$2" "$3"
}
package() { # NAME VERSION [FIXED]...: of a manifest
    local name=$1 version=$2 files=()
    shift 2
    for hole; do files+=("{\"name\": \"$hole.patch\", \"fixes\": [\"$hole\"]}"); done
    printf '{"name": "%s", "version": "%s", "source": "apt:%s-source=%s", "patches": [{"files": [%s]}]}' \
        "$name" "$version" "$name" "$version" "$(IFS=, && echo "${files[*]}")"
}
manifest() { # PACKAGE...
    printf '{"packages": [%s]}\n' "$(IFS=, && echo "$*")" >"$work/manifest.json"
}

# ---- By the advisories that ship
september=(CVE-2026-65107 CVE-2026-65108 CVE-2026-65109 CVE-2026-65138 CVE-2026-65139 CVE-2026-65140 CVE-2026-65165
    CVE-2026-65168)
manifest "$(package slurm 24.11.5 "${september[@]}")" "$(package munge 0.5.18)"
run 0 "$TOOL" audit "$work/manifest.json"
expect "patched" "$out" "audit: 0 known holes open, 8 patched"
run 0 "$TOOL" audit --all "$work/manifest.json"
expect_in "by what" "$out" "patched       CVE-2026-65107" "CVE-2026-65107.patch"
manifest "$(package slurm 25.05.8)" "$(package munge 0.5.16)"
run 9 "$TOOL" audit "$work/manifest.json"
expect_in "open" "$out" "open          CVE-2026-65107    slurm 25.05.8: " "fixed by version 26.05.5 of the recipe" \
    "open          CVE-2026-25506    munge 0.5.16: " "audit: 9 known holes open, 0 patched"
run 9 "$TOOL" audit --format json "$work/manifest.json"
expect "as JSON" "$(python3 -c 'import json, sys
audit = json.load(sys.stdin)["audits"][0]
hole = audit["packages"][1]["holes"][0]
print(audit["open"], audit["packages"][1]["name"], hole["id"], hole["state"], hole["fixed_in"])' <<<"$out")" \
    "9 munge CVE-2026-25506 open 0.5.18"
manifest "$(package slurm 26.05.5)" "$(package munge "")"
run 0 "$TOOL" audit "$work/manifest.json"
expect_in "a version that is not known" "$out" "unknown       CVE-2026-25506    munge (version unknown): " \
    "the version is not known" "audit: 0 known holes open, 0 patched, 1 unknown"

# ---- A real bundle, and advisories of the site
mkdir -p "$work/data/advisories/greet"
for part in recipes images init smoke floor advisories/slurm; do ln -s "$(realpath "$here/../../../$part")" "$work/data/$part"; done
advisory UNREADABLE-1 greet '{"introduced": "?"}' >"$work/data/advisories/greet/UNREADABLE-1.json"
SLURM_FACTORY_DATA=$work/data run 0 build
expect_in "build ends with a line of it" "$out" "audit: "
bundle=$root/builds/slurm-1.0-software.tar.gz
mkdir "$work/osv"
advisory SITE-1 greet '{"introduced": "0"}, {"fixed": "2.0"}' >"$work/osv/one.json"
advisory SITE-2 greet '{"introduced": "1.5"}' >"$work/osv/two.json"
mkdir "$work/tree"
tar -C "$work/tree" -xzf "$bundle"
for place in "$bundle" "$work/tree/software" "$root/builds/slurm-1.0-manifest.json"; do
    run 9 factory audit --advisories "$work/osv" "$place"
    expect_in "audit of $place" "$out" "open          SITE-1" "greet 1.0: A hole of greet" \
        "fixed in 2.0, which no recipe has"
    expect_not_in "only holes of the version" "$out" SITE-2
done
echo "audit: {advisories: ['$work/osv/one.json']}" >>"$root/config.yaml"
run 9 factory audit "$bundle"
expect_in "named in the configuration" "$out" "open          SITE-1"
sed -i '$d' "$root/config.yaml"
expect_true "the SBOM has the holes that ship" python3 - "$root/builds/slurm-1.0-sbom.cdx.json" <<'END'
import json, sys
sbom = json.load(open(sys.argv[1]))
references = {component["bom-ref"] for component in sbom["components"]}
holes = {hole["id"]: hole for hole in sbom["vulnerabilities"]}
assert holes["UNREADABLE-1"]["analysis"]["state"] == "in_triage", holes
hole = holes["CVE-2026-65107"]
assert hole["analysis"]["state"] == "exploitable", hole
assert hole["affects"][0]["ref"] in references, hole
END

# ---- Debian's security tracker, on a server
mkdir "$work/served"
cat >"$work/served/tracker.json" <<'END'
{"greet-source": {"CVE-2026-1": {"description": "A hole of Debian's", "releases": {
    "sid": {"status": "resolved", "fixed_version": "1.1-1", "urgency": "high"}}}},
 "other": {"CVE-2026-2": {"releases": {"sid": {"status": "open"}}}}}
END
mkfifo "$work/hold"
python3 "$here/../../support/http_server.py" "$work/served" "$work/http.log" <"$work/hold" >"$work/port" &
children+=("$!")
exec {hold}>"$work/hold"
expect_true "the server runs" within 10 test -s "$work/port"
url=http://127.0.0.1:$(cat "$work/port")/ok/tracker.json
manifest "$(package greet 1.0)"
mkdir -p "$root/cache"
touch "$root/cache/advisories" # no place for a directory
cp "$work/manifest.json" "$work/again.json"
run 9 factory audit --advisories "$url" "$work/manifest.json" "$work/again.json"
expect_in "a copy that cannot be kept" "$out" "the advisories of $url cannot be kept: " "open          CVE-2026-1" \
    "$work/again.json"
expect "is asked for once for all files" "$(grep -c "begin .*tracker.json" "$work/http.log")" 1
rm "$root/cache/advisories"
run 9 factory audit --advisories "$url" "$work/manifest.json"
expect_in "the tracker" "$out" "open          CVE-2026-1" "greet 1.0: A hole of Debian's" "audit: 1 known hole open"
run 9 factory audit --format json --advisories "$url" "$work/manifest.json"
expect_in "where it was read" "$out" "\"origin\": \"$url\""
manifest "$(package greet 1.1)"
run 0 factory audit --advisories "$url" "$work/manifest.json"
expect "it is kept for a day" "$(grep -c "begin .*tracker.json" "$work/http.log")" 2
exec {hold}>&-
kept=$(echo "$root"/cache/advisories/*)
touch -d '5 days ago' "$kept"
run 0 factory audit --advisories "$url" "$work/manifest.json"
expect_in "a server that is gone" "$out" "does not answer" "its advisories are 5 days old"
run 4 factory audit --oldest 3 --advisories "$url" "$work/manifest.json"
expect_in "too old" "$out" "cannot get the advisories of $url" "5 days old, and 3 are allowed"
run 4 factory audit --advisories "${url%json}none" "$work/manifest.json"
run 4 factory audit --advisories HTTP://127.0.0.1:1/osv.json "$work/manifest.json"
expect_in "a scheme in capitals" "$out" "cannot get the advisories of HTTP://127.0.0.1:1/osv.json"

# ---- Hosts
for version in 1 2; do
    mkdir -p "$work/prefix/versions/24.11.$version-x/share/slurm-factory"
    manifest "$(package greet "$version.0")"
    cp "$work/manifest.json" "$work/prefix/versions/24.11.$version-x/share/slurm-factory/"
done
mkdir -p "$work/prefix/versions/24.11.3-x/share/slurm-factory"
echo '{' >"$work/prefix/versions/24.11.3-x/share/slurm-factory/manifest.json"
ln -s versions/24.11.1-x "$work/prefix/current"
run 9 factory audit --prefix "$work/prefix" --advisories "$work/osv/one.json"
expect_in "this host" "$out" "24.11.1-x  on localhost (no ssh), in use on localhost (no ssh)" "open          SITE-1" \
    "24.11.2-x  on localhost (no ssh)"$'\n'"audit: 0 known holes open" "its contents are unknown"
rm -r "$work/prefix/versions/24.11.1-x"
run 9 factory audit --prefix "$work/prefix" --advisories "$work/osv/one.json"
expect_in "nothing is open, but a manifest is damaged" "$out" "its contents are unknown"
rm "$work/prefix/versions/24.11.3-x/share/slurm-factory/manifest.json"
run 9 factory audit --prefix "$work/prefix" --advisories "$work/osv/one.json"
expect_in "a manifest is missing" "$out" "its contents are unknown: it has no manifest that can be read"
rm -r "$work/prefix/versions/24.11.3-x"
run 0 factory audit --prefix "$work/prefix" --advisories "$work/osv/one.json"

# ---- What cannot be
run 2 factory audit
expect_in "nothing is named" "$out" "name a software tarball"
run 2 factory audit --prefix "$work/prefix" "$bundle"
run 2 factory audit "$work/none.tar.gz"
run 2 factory audit "$work/none.json"
run 9 factory audit "$root/builds/slurm-1.0-sbom.cdx.json"
expect_in "no manifest" "$out" "no list of packages"
mkdir "$work/empty"
run 9 factory audit "$work/empty"
run 2 factory audit --advisories "$work/none" "$bundle"
expect_in "no such advisories" "$out" "there are no advisories at $work/none"
run 2 factory audit --advisories "$work/empty" "$bundle"
expect_in "a directory without any" "$out" "there is no advisory in $work/empty"
echo '{"some": "JSON"}' >"$work/bad.json"
run 3 factory audit --advisories "$work/bad.json" "$bundle"
expect_in "no advisory" "$out" "$work/bad.json is not an advisory: it has no 'id'"
printf '[%.0s' {1..1000} >"$work/deep.json"
run 3 factory audit --advisories "$work/deep.json" "$bundle"
expect_in "deep JSON" "$out" "levels deep"
touch -d '90 days ago' "$work/osv/one.json"
run 9 factory audit --advisories "$work/osv/one.json" "$bundle"
expect_in "old advisories" "$out" "are 90 days old; holes found since then are missing"
touch -d '80 days ago' "$work/osv/two.json"
touch "$work/osv/README"
run 9 factory audit --advisories "$work/osv" "$bundle"
expect_in "the newest advisory says how old a directory is" "$out" "the advisories in $work/osv are 80 days old"
finish
