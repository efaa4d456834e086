#!/bin/bash
# configure_test.sh TOOL [PACKAGE...]: configures every package whose recipe runs a configure script (or those named) with
# the base image's configure cache and without it, and compares the headers that come out.
#
# Each is built from its own recipe, but for the phases after configure, which keep the headers that were written and no
# more; what it depends on is taken from the store. Recipes that do without the cache have nothing to compare.
. "$(dirname "$0")/test_lib.sh"
[ $# -eq 0 ] || shift
recipes=$here/../../recipes
packages=("$@")

# Whether the recipe runs a configure script. CMake and the others ask by themselves.
has_configure() { grep -qE '^  system: autotools|\./configure' <(sed -n '/^build:/,/^[a-z]/p' "$recipes/$1/recipe.yaml"); }

# only_configured RECIPE CACHE: the recipe with other phases after configure, and without rules for what they install.
only_configured() {
    awk -v cache="$2" '
        function own_steps() {
            print "    build: \":\""
            print "    install: |"
            print "      mkdir -p \"$PREFIX/share/configured\""
            print "      find . -name \"*.h\" -mtime -1 -exec cp --parents {} \"$PREFIX/share/configured/\" \";\""
        }
        function end_build() { if (inside && !done) { if (!steps) print "  steps:"; own_steps(); done = 1 } }
        /^[a-z]/ { end_build(); inside = /^build:/; skip = /^(slices|relocation):/ }
        skip { next }
        /^build:/ { print; print "  configure_cache: " cache; next }
        inside && /^  steps:/ { steps = 1; print; own_steps(); done = 1; next }
        inside && /^  (make|install):/ { gone = 1; next }
        inside && gone && /^    / { next }
        { gone = 0 }
        inside && steps && /^    (build|install|finish):/ { drop = 1; next }
        inside && steps && drop && (/^      / || /^ *$/ || /^ *#/) { next }
        { drop = 0; print }
        END { end_build() }' "$1"
}

# configured PACKAGE CACHE: the headers go to $lab/PACKAGE-CACHE.
configured() {
    local tree
    mkdir -p "$lab/recipes-$2"
    cp -R "$recipes/$1" "$lab/recipes-$2/"
    only_configured "$recipes/$1/recipe.yaml" "$2" >"$lab/recipes-$2/$1/recipe.yaml"
    tree=$("$tool" build "$1" --recipes "$lab/recipes-$2" --output "$lab/builds-$2" --quiet |
        awk -v name="$1@" 'index($1, name) == 1 { print $2 }')
    if [ "$1" = slurm ]; then # which is packed
        tar -x -z -f "$lab/builds-$2"/*-software.tar.gz -C "$lab" software/share/configured
        tree=$lab/software
    fi
    cp -R "$tree/share/configured" "$lab/$1-$2"
    rm -rf "$lab/software"
    rm -r "$lab/recipes-$2"
}

# shellcheck disable=SC2207 # names of recipes
[ ${#packages[@]} -gt 0 ] || packages=($(ls "$recipes"))
failed=0
for package in "${packages[@]}"; do
    has_configure "$package" || continue
    if grep -q '^  configure_cache: false' "$recipes/$package/recipe.yaml"; then
        echo "$package: does without"
        continue
    fi
    configured "$package" true
    configured "$package" false
    diff -r "$lab/$package-true" "$lab/$package-false" || { failed=1; continue; }
    headers=$(find "$lab/$package-true" -name '*.h' | wc -l)
    [ "$headers" -gt 0 ] || { echo "$package: no header to compare"; failed=1; }
    echo "$package: the same $headers headers"
done
exit $failed
