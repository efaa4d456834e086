#!/bin/bash
# What a change rebuilds, and what it does not.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
run 0 build
expect_in "all is built" "$out" "3 packages built"

greet_recipe "# a remark about this package"
sed -i 's/A fixture of the tests/Another description/' "$recipes/greet/recipe.yaml"
run 0 build
expect_in "a comment and a description in a recipe rebuild nothing" "$out" "nothing to do"

# Patches for a variant that nobody asks for.
with_patches() { # FIRST SECOND
    greet_recipe "patches:" "  - {file: $1.patch, when: +loud}" "  - {file: $2.patch, when: +loud}"
}
touch "$recipes/greet"/{one,two}.patch
with_patches one two
run 0 build
expect_in "files beside a recipe rebuild its package" "$out" "greet@1.0: built in" "1 package built, 2 from the store"
with_patches two one
run 0 build
expect_in "the order of patches that are not applied rebuilds nothing" "$out" "nothing to do"
rm "$recipes/greet"/{one,two}.patch

# Other bytes of the library's source, the same bytes installed: the wave stops there.
echo '/* a remark */' >>"$work/src/greet-1.0/greet.c"
pack greet-1.0
greet_recipe
run 0 build
expect_in "a remark in a source file rebuilds its package, and no other" "$out" "greet@1.0: built in" \
    "1 package built, 2 from the store" "slurm@1.0: in the store"
expect_not_in "what links it is not built" "$out" "slurm@1.0: building"

# Real changes go up.
sed -i 's/"hello"/"good day"/' "$work/src/greet-1.0/greet.c"
pack greet-1.0
greet_recipe
run 0 build
expect_in "a change of a library rebuilds what links it" "$out" "2 packages built, 1 from the store" \
    "slurm@1.0: built in"
tar -C "$work" -xzf "$root/builds/slurm-1.0-software.tar.gz"
run 0 "$work/software/bin/hello"
expect "the change is in the tarball" "$out" "good day"

# Variants.
slurm_recipe $'  - {spec: "greet +loud", type: [build, link]}\n  - {spec: helper, type: build}'
run 0 build
expect_in "a variant of a dependency rebuilds" "$out" "2 packages built, 1 from the store"
tar -C "$work" -xzf "$root/builds/slurm-1.0-software.tar.gz"
run 0 "$work/software/bin/hello"
expect "the variant is in the tarball" "$out" HELLO
run 0 build --minimal
expect_in "a variant of slurm rebuilds slurm alone" "$out" "1 package built, 2 from the store"
expect_in "the log has its configure arguments" "$(cat "$root"/logs/slurm-1.0-*.log)" "configured with some"

# Back to what was: nothing is built, the bundle is packed again.
slurm_recipe
run 0 build
expect_in "what was built before is still there" "$out" "0 packages built, 3 from the store"

# A build tool whose bytes change rebuilds what uses it.
printf '#!/bin/sh\necho helped more\n' >"$work/src/helper-1.0/helper"
pack helper-1.0
helper_recipe
run 0 build
expect_in "a changed build tool rebuilds its users" "$out" "2 packages built, 1 from the store"

# A file beside the recipe.
echo remark >"$recipes/slurm/note.txt"
run 0 build
expect_in "a file beside a recipe rebuilds its package" "$out" "slurm@1.0: built in" "1 package built, 2 from the store"
finish
