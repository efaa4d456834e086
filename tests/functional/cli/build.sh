#!/bin/bash
# A build that works: what comes out of it, and that it is done once.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
builds=$root/builds

umask 000
run 0 build
umask 022
expect_in "what was done is said" "$out" "3 packages built, 0 from the store" "greet@1.0: built in" \
    "$builds/slurm-1.0-software.tar.gz" "$builds/slurm-1.0-module.tar.gz" "$builds/slurm-1.0-manifest.json"
expect_no_leftovers "after a build"
run 0 env -C "$builds" sh -c 'sha256sum -c ./*.sha256'
expect_in "the sha256 files are right" "$out" "slurm-1.0-software.tar.gz: OK" "slurm-1.0-module.tar.gz: OK"
expect "the files beside the tarballs" "$(ls "$builds")" "$({ printf 'slurm-1.0-%s\n' report.html trace.json; for file in manifest.json module.tar.gz provenance.json sbom.cdx.json sbom.spdx.json software.tar.gz; do
    printf '%s\n' "slurm-1.0-$file" "slurm-1.0-$file.sha256"
done; } | sort; printf 'slurm-1.0%s\n' .lock)"

mkdir "$work/else where"
tar -C "$work/else where" -xzf "$builds/slurm-1.0-software.tar.gz"
tree="$work/else where/software"
run 0 "$tree/bin/hello"
expect "it runs where it is unpacked" "$out" hello
mv "$work/else where" "$work/moved"
tree=$work/moved/software
run 0 env -i "$tree/bin/hello"
expect "it runs after a move" "$out" hello
expect "only what is needed at run time is in it" "$(cd "$tree" && find . ! -type d | LC_ALL=C sort | tr '\n' ' ')" \
    "./bin/hello ./lib/libgreet.so.1 ./share/slurm-factory/manifest.json ./share/slurm/helped "
expect_not_in "it is stripped" "$(file "$tree/bin/hello" "$tree/lib/libgreet.so.1")" "not stripped"
expect_in "the module is in its tarball" "$(tar -tzf "$builds/slurm-1.0-module.tar.gz")" slurm/1.0.lua

manifest=$builds/slurm-1.0-manifest.json
expect_true "the tree has the same manifest" cmp "$tree/share/slurm-factory/manifest.json" "$manifest"
ask() { # EXPRESSION of m, the manifest, and p, its packages by name
    python3 -c "import json,sys; m=json.load(open(sys.argv[1])); p={x['name']: x for x in m['packages']}; print($1)" \
        "$manifest"
}
expect "manifest: packages" "$(ask "' '.join(sorted(p))")" "greet slurm"
expect "manifest: versions" "$(ask "m['slurm_version'], p['greet']['version']")" "1.0 1.0"
expect "manifest: source" "$(ask "p['greet']['source']")" "file://$archives/greet-1.0.tar.gz"
expect "manifest: sum" "$(ask "p['greet']['source_sha256']")" "$(sum "$archives/greet-1.0.tar.gz")"
expect "manifest: variants" "$(ask "p['greet']['variants']")" "{'loud': 'false', 'tone': 'major'}"
expect "manifest: image" "$(ask "m['image']['name']")" tiny
expect "manifest: keys and layers" "$(ask "{len(v) for x in p.values() for v in [x['key'], *x['layers'].values()]}")" \
    "{64}"
for layer in $(ask "' '.join(x['layers']['run'] for x in p.values())"); do
    expect_true "layer ${layer:0:12} is in the store" test -n "$(find "$root/layers" -name "$layer*" -print -quit)"
done

run 0 factory verify "$builds/slurm-1.0-software.tar.gz"
expect_in "verify finds nothing" "$out" "0 violations" "needs glibc 2."

# ---- Rights
builder=65521
expect "the builder has no part in layers" "$(find "$root/layers" -uid $builder -print)" ""
expect "nobody else may write to what is kept, whatever the umask" \
    "$(find "$root" -path "$root/images" -prune -o ! -type l -perm /022 -print)" ""

# ---- Again
before=$(stat -c '%n %i %y %s' "$builds"/*)
run 0 build
expect_in "a second run has nothing to do" "$out" "nothing to do: everything is up to date"
expect "and writes nothing" "$(stat -c '%n %i %y %s' "$builds"/*)" "$before"
start=${EPOCHREALTIME/./}
run 0 build --quiet
elapsed=$(((${EPOCHREALTIME/./} - start) / 1000))
echo "a run with nothing to do takes $elapsed ms"
run 0 build --offline
expect_in "it needs no network" "$out" "nothing to do"

rm "$builds/slurm-1.0-module.tar.gz"
run 0 build
expect_in "a lost file is written again, nothing is built" "$out" "0 packages built, 3 from the store"
expect_true "it is there again" test -s "$builds/slurm-1.0-module.tar.gz"

# ---- The other kind of tarball
run 0 build --archive zst
expect_in "a .tar.zst is written, nothing is built" "$out" "0 packages built, 3 from the store" \
    "$builds/slurm-1.0-software.tar.zst"
expect "the other one is left alone" "$(stat -c '%n %i %y %s' "$builds/slurm-1.0-software.tar.gz")" \
    "$(grep -F software.tar.gz\  <<<"$before")"
mkdir "$work/zst"
run 0 tar -C "$work/zst" --zstd -xf "$builds/slurm-1.0-software.tar.zst"
expect_true "it unpacks to the same tree" diff -r --no-dereference "$work/zst/software" "$tree"
expect_true "they are the same tar" cmp <(zstd -dcq "$builds/slurm-1.0-software.tar.zst") \
    <(gzip -dc "$builds/slurm-1.0-software.tar.gz")
run 0 env -C "$builds" sha256sum -c slurm-1.0-software.tar.zst.sha256
run 0 factory verify "$builds/slurm-1.0-software.tar.zst"
expect_in "verify reads it" "$out" "2 of them ELF" "0 violations"
for layer in $(ask "' '.join(x['layers']['run'] for x in p.values())"); do
    expect_true "the frame of layer ${layer:0:12} is kept" test -s "$root/layers/$layer/layer.tar.zst"
done
run 0 build --archive gz,zst
expect_in "both are there" "$out" "nothing to do" slurm-1.0-software.tar.gz slurm-1.0-software.tar.zst
rm "$builds/slurm-1.0-software.tar.gz"
run 0 build --archive zst --archive gz
expect_in "a lost one is written again" "$out" "0 packages built" slurm-1.0-software.tar.gz slurm-1.0-software.tar.zst
sums=$(cd "$builds" && sha256sum slurm-1.0-*.gz slurm-1.0-*.zst slurm-1.0-manifest.json)

# ---- Elsewhere, from nothing, one job: the same bytes
new_root other
run 0 build --jobs 1 --archive gz,zst
expect_in "--jobs 1 builds it, too" "$out" "3 packages built"
expect "with the same bytes" \
    "$(cd "$root/builds" && sha256sum slurm-1.0-*.gz slurm-1.0-*.zst slurm-1.0-manifest.json)" "$sums"
run 0 build --output "$work/out"
expect_in "--output is obeyed" "$out" "0 packages built, 3 from the store" "$work/out/slurm-1.0-software.tar.gz"
expect_true "with the same tarball" cmp "$work/out/slurm-1.0-software.tar.gz" "$builds/slurm-1.0-software.tar.gz"
finish
