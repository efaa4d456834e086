#!/bin/bash
# What ships beside the software: headers, debug information, documents, signatures; packing, comparing and checking it.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
builds=$root/builds
software=$builds/slurm-1.0-software.tar.gz

run 1 factory bundle --slurm-version 1.0
expect_in "what is not built is not packed" "$out" "slurm@1.0" "slurm-factory build"
run 0 build
expect_true "there are no headers unless asked for" test ! -e "$builds/slurm-1.0-dev.tar.gz"
before=$(sum "$software")
run 0 factory bundle --slurm-version 1.0 --with dev,debug
expect_in "packing builds nothing" "$out" "0 packages built, 3 from the store" slurm-1.0-dev.tar.gz slurm-1.0-debug.tar.gz
expect "the software is as it was" "$(sum "$software")" "$before"
run 0 build
expect_in "what is there belongs to it" "$out" "nothing to do" slurm-1.0-dev.tar.gz

# ---- A tree with headers and debug information, moved
mkdir "$work/else where"
for part in software dev debug; do tar -C "$work/else where" -xzf "$builds/slurm-1.0-$part.tar.gz"; done
mv "$work/else where" "$work/moved"
tree=$work/moved/software
printf '#include <greet.h>\n#include <stdio.h>\nint main(void) { return puts(greet()) < 0; }\n' >"$work/own.c"
flags=$(PKG_CONFIG_PATH=$tree/lib/pkgconfig pkg-config --libs greet)
# shellcheck disable=SC2086
run 0 cc -I"$tree/include" -o "$work/own" "$work/own.c" $flags -Wl,-rpath,"$tree/lib"
run 0 "$work/own"
expect "a program of one's own is built with it" "$out" hello
id=$(readelf -n "$tree/bin/hello" | awk '/Build ID/ {print $3}')
expect_true "debug information lies where debuggers look" test -s "$tree/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
if command -v gdb >/dev/null; then
    run 0 gdb -nx -batch -ex "set debug-file-directory $tree/lib/debug" -ex "file $tree/bin/hello" -ex 'info address main'
    expect_in "gdb finds it by its build-id" "$out" 'Symbol "main" is at'
    run 1 gdb -nx -batch -ex "file $tree/bin/hello" -ex 'info address main'
    expect_in "and has nothing without it" "$out" 'No symbol "main"'
fi

# ---- Documents
check() { # FILE EXPRESSION of d
    python3 - "$builds/slurm-1.0-$1" "$2" <<'END'
import hashlib, json, os, sys
d = json.load(open(sys.argv[1]))
def sha256(name):
    return hashlib.sha256(open(os.path.join(os.path.dirname(sys.argv[1]), name), "rb").read()).hexdigest()
sys.exit(0 if eval(sys.argv[2]) else 1)
END
}
expect_true "provenance has the tarballs' sums" check provenance.json \
    'd["subject"] and all(s["digest"]["sha256"] == sha256(s["name"]) for s in d["subject"])'
expect_true "and names all of them" check provenance.json \
    '{s["name"] for s in d["subject"]} == {f"slurm-1.0-{p}.tar.gz" for p in ("software", "dev", "debug", "module")}'
expect_true "and the sources" check provenance.json \
    "any(m['digest']['sha256'] == '$(sum "$archives/greet-1.0.tar.gz")' for m in d['predicate']['buildDefinition']['resolvedDependencies'])"
expect_true "SPDX: every relation is between what is listed" check sbom.spdx.json \
    '{i for r in d["relationships"] for i in (r["spdxElementId"], r["relatedSpdxElement"])} <= {p["SPDXID"] for p in d["packages"]} | {"SPDXRef-DOCUMENT"}'
expect_true "SPDX: what ships, and nothing else" check sbom.spdx.json \
    'sorted(p["name"] for p in d["packages"]) == ["greet", "slurm", "slurm-1.0"]'
expect_true "CycloneDX: every dependency is a component" check sbom.cdx.json \
    '{r for x in d["dependencies"] for r in x["dependsOn"]} <= {c["bom-ref"] for c in d["components"]}'
# Of a bundle; the trace and the report of a build have its times.
bundle_files() { find "$root/builds" -name 'slurm-1.0-*.gz' -o -name 'slurm-1.0-*.json' ! -name '*-trace.json' | sort; }
sums() { bundle_files | xargs sha256sum | sed "s|$root||"; }
usual=$(sums)
new_root other
run 0 build --with dev,debug
expect "another build: the same bytes of all files" "$(sums)" "$usual"

# ---- Signatures
new_root signing
run 2 build --sign
expect_in "no key" "$out" "there is no key to sign with" "cache keys generate"
run 0 factory cache keys generate site --directory "$work"
run 0 build --sign --key "$work/site.key"
builds=$root/builds
for file in $(bundle_files); do
    run 0 factory bundle check --signed "$file"
    expect_in "${file##*/} is signed" "$out" "as is written beside it; signed by site"
    if command -v minisign >/dev/null; then run 0 minisign -Vm "$file" -p "$work/site.pub"; fi
done
run 0 build
expect_in "signatures stay where nothing is written" "$out" "nothing to do"
run 0 factory bundle check --signed "$builds/slurm-1.0-software.tar.gz"
rm "$builds/slurm-1.0-software.tar.gz.sha256"
run 0 build
run 0 factory bundle check "$builds/slurm-1.0-software.tar.gz"
expect_in "a sum that is missing comes again" "$out" "as is written beside it"
greet_recipe '  environment: {CHANGED: "1"}'
slurm_recipe "" $'    build: |\n      echo "int changed;" >>hello.c; make'
run 0 build
run 9 factory bundle check --signed "$builds/slurm-1.0-software.tar.gz"
expect_in "what was written since is not" "$out" "slurm-1.0-software.tar.gz is not signed"
run 0 build --key "$work/site.key"
cp "$builds/slurm-1.0-software.tar.gz" "$work/kept.tar.gz"
printf x >>"$builds/slurm-1.0-software.tar.gz"
run 9 factory bundle check "$builds/slurm-1.0-software.tar.gz"
expect_in "an altered file" "$out" "does not match the checksum"
rm "$builds/slurm-1.0-software.tar.gz.sha256"
run 9 factory bundle check "$builds/slurm-1.0-software.tar.gz"
expect_in "by its signature, too" "$out" "the signature of"
mv "$work/kept.tar.gz" "$builds/slurm-1.0-software.tar.gz"
run 0 factory cache keys remove site
run 9 factory bundle check "$builds/slurm-1.0-software.tar.gz"
expect_in "a stranger's key" "$out" "the signature of"

# ---- OpenPGP, with a gpg of the test's own
export GNUPGHOME=$work/gnupg
mkdir -m 700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-generate-key admin@example.org ed25519 sign never
gpg --armor --export admin@example.org >"$work/admin.asc"
signed=$root
new_root openpgp
run 0 build --gpg-key admin@example.org
for file in $(bundle_files); do
    run 0 gpg --verify "$file.asc" "$file"
    expect_in "${file##*/} is signed by gpg" "$out" "Good signature" "admin@example.org"
done
run 9 factory bundle check --signed "$root/builds/slurm-1.0-software.tar.gz"
expect_in "nobody of the ring signed it" "$out" "the signature of"
run 0 factory cache keys add "$work/admin.asc"
for file in $(bundle_files); do
    run 0 factory bundle check --signed "$file"
    expect_in "and the tool says so, too" "$out" "signed by admin"
done
printf x >>"$root/builds/slurm-1.0-manifest.json"
rm "$root/builds/slurm-1.0-manifest.json.sha256"
run 9 factory bundle check --signed "$root/builds/slurm-1.0-manifest.json"
expect_in "unless it was altered" "$out" "the signature of"
gpgconf --kill gpg-agent
root=$signed

# ---- What changed
run 0 factory bundle diff "$software" "$builds/slurm-1.0-software.tar.gz" --files
expect_in "packages and files" "$out" "~ package slurm 1.0, built anew" "~ file    bin/hello" "files added, 0 removed"
run 0 factory bundle diff "$software" "$tree" # which has headers as well
expect_in "a tarball and a tree" "$out" "added, 0 removed, 0 changed"
run 0 factory bundle diff --json "$software" "$software"
expect_true "as JSON" python3 -c 'import json, sys; d = json.loads(sys.argv[1]); sys.exit(bool(d["files"] or d["packages"]))' "$out"
run 9 factory bundle diff "$software" "$work/own.c"
expect_in "no bundle" "$out" "own.c"
run 2 factory bundle --slurm-version 1.0 --with documentation
expect_in "an unknown part" "$out" "'documentation' is not one of debug, dev"

# ---- As an image
run 0 factory bundle slurm@1.0 --oci "oci:$work/layout:one" --base tiny
run 0 factory bundle slurm@1.0 --oci "oci:$work/layout:two" --base tiny
expect "layers are shared" "$(python3 -c '
import json, sys
manifests = json.load(open(sys.argv[1]))["manifests"]
print(len(manifests), len({m["digest"] for m in manifests}))' "$work/layout/index.json")" "2 1"
blobs() { ls "$work/layout/blobs/sha256" | sort; }
before=$(blobs)
slurm_recipe "" $'    build: |\n      echo "int changed_again;" >>hello.c; make'
run 0 build
expect_in "only slurm is built" "$out" "1 package built, 2 from the store"
run 0 factory bundle slurm@1.0 --oci "oci:$work/layout:next" --base tiny
comm -13 <(echo "$before") <(blobs) >"$work/new-blobs"
expect "of another slurm only its layer, the config and the manifest are new" "$(python3 - "$work/layout" "$work/new-blobs" <<'END'
import json, sys
def load(digest):
    return json.load(open(f"{sys.argv[1]}/blobs/{digest.replace(':', '/')}"))
manifests = {m["annotations"]["org.opencontainers.image.ref.name"]: m["digest"]
             for m in json.load(open(sys.argv[1] + "/index.json"))["manifests"]}
one, new = load(manifests["one"]), load(manifests["next"])
layers = [layer["digest"] for layer in new["layers"] if layer not in one["layers"]]
wanted = sorted([*layers, new["config"]["digest"], manifests["next"]])
assert wanted == ["sha256:" + line for line in open(sys.argv[2]).read().split()], wanted
print(len(one["layers"]) == len(new["layers"]), len(layers))
END
)" "True 1"
run 2 factory bundle slurm@1.0 --oci "$work/one.tar" --base tiny
expect_in "an image's place has a tag" "$out" "oci:DIRECTORY:TAG"
finish
