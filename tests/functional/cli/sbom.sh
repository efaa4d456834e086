#!/bin/bash
# The CycloneDX SBOM against the schema of the standard, as CycloneDX's own library ships it.
. "$(dirname "$0")/lib.sh"
for program in npm python3; do
    command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
python3 -c 'import jsonschema' 2>/dev/null || { echo "skipped: python3-jsonschema is not installed"; exit 77; }
library=@cyclonedx/cyclonedx-library@10.3.0
(cd "$work" && npm pack --silent "$library" >/dev/null 2>&1 && tar -xzf cyclonedx-*.tgz package/res/schema) ||
    { echo "skipped: $library cannot be had from here"; exit 77; }
usual_packages
# greet is in the distribution's archive, too, which nobody asks here.
archive="apt: greet, version: 1:1.0+ds, file: greet_1.0+ds.orig.tar.gz, sha256: $(sum "$archives/greet-1.0.tar.gz")"
sed -i "s|^    sources:|&\n      - {$archive}|" "$recipes/greet/recipe.yaml"
# It has patches, of a distribution and of its own.
patch_package
mkdir -p "$work/debian/debian/patches"
printf -- '--- a/greet.h\n+++ b/greet.h\n@@ -1 +1,2 @@\n+/* greets */\n const char* greet(void);\n' \
    >"$work/debian/debian/patches/CVE-2026-0001-1.patch"
printf -- '--- a/greet.h\n+++ b/greet.h\n@@ -1,2 +1,3 @@\n+/* once */\n /* greets */\n const char* greet(void);\n' \
    >"$recipes/greet/own.patch"
tar -C "$work/debian" -czf "$archives/greet.debian.tar.xz" debian
printf '%s\n' "patches: [{file: own.patch}]" "dependencies: [{spec: patch, type: build}]" >>"$recipes/greet/recipe.yaml"
patches="apt: greet, revision: 1.0-1+deb1, sha256: $(sum "$archives/greet.debian.tar.xz")"
patches+=", urls: ['file://$archives/greet.debian.tar.xz'], series: [CVE-2026-0001-1.patch]"
sed -i "s|^variants:|    patches: [{$patches}]\n&|" "$recipes/greet/recipe.yaml"
new_root root
echo 'network: {retries: 0, apt: false}' >"$root/config.yaml"
run 0 build
run 0 python3 -W ignore - "$work/package/res/schema" "$root/builds/slurm-1.0-sbom.cdx.json" "$here/../../../recipes" <<'END'
import glob, json, re, sys
import jsonschema

directory, document, recipes = sys.argv[1:]
schemas = [json.load(open(f"{directory}/{name}.SNAPSHOT.schema.json")) for name in ("bom-1.5", "spdx", "jsf-0.82")]
resolver = jsonschema.RefResolver(schemas[0]["$id"], schemas[0], store={s["$id"]: s for s in schemas})
validator = jsonschema.Draft7Validator(schemas[0], resolver=resolver, format_checker=jsonschema.FormatChecker())
sbom = json.load(open(document))
errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(sbom)]
assert not errors, errors
print(len(sbom["components"]), "components are as the schema wants them")
print(*[source["url"] for component in sbom["components"] for source in component.get("externalReferences", [])])
del sbom["components"][0]["name"]
assert list(validator.iter_errors(sbom)), "the schema is not looked at"

# Licences that recipes name are expressions of SPDX's identifiers.
known = set(schemas[1]["enum"])
for recipe in glob.glob(f"{recipes}/*/recipe.yaml"):
    licence = re.search(r'^license: *"?(.*?)"?$', open(recipe).read(), re.M).group(1)
    unknown = [word for word in re.split(r" (?:AND|OR|WITH) |[()]", licence) if word and word not in known]
    assert not unknown, (recipe, unknown)
print("all licences of recipes are known")
END
expect_in "the document is valid" "$out" "2 components are as the schema wants them"
expect_in "an apt source has an address" "$out" "pkg:deb/debian/greet@1:1.0%2Bds?arch=source" \
    "pkg:deb/debian/greet@1.0-1%2Bdeb1?arch=source"
sbom=$(cat "$root/builds/slurm-1.0-sbom.cdx.json")
expect_in "patches are its pedigree" "$sbom" '"type": "backport"' '"type": "unofficial"' '"id": "CVE-2026-0001"'
expect_in "so are the licences" "$out" "all licences of recipes are known"
finish
