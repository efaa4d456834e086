#!/bin/bash
# Builds that fail: what is said, what is kept, and that the next run goes on from there.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root

# ---- A phase that fails
slurm_recipe "" $'    build: |\n      echo "one line before"\n      echo "it goes wrong here" >&2\n      exit 3'
run 5 build
log=$(echo "$root"/logs/slurm-1.0-*.log)
expect_in "phase, exit code, last lines, log" "$out" "error: slurm@1.0: phase 'build' failed with exit code 3" \
    "one line before" "it goes wrong here" "the whole log: $log"
expect_in "the log is there" "$(cat "$log")" "==> slurm@1.0: build" "it goes wrong here"
expect_no_leftovers "after a failure"
expect "no bundle is made" "$(ls "$root/builds" 2>/dev/null)" ""
slurm_recipe
run 0 build
expect_in "the next run has the others from the store" "$out" "1 package built, 2 from the store"
builds_before=$(sha256sum "$root/builds"/*)
unharmed() { expect "$1: the earlier bundle is as it was" "$(sha256sum "$root/builds"/*)" "$builds_before"; }

slurm_recipe "" $'    build: |\n      kill -9 $$'
run 5 build
expect_in "a build that is killed" "$out" "slurm@1.0: phase 'build' failed with exit code 137"
printf 'int main(void) { return no_such_thing; }\n' >"$work/src/slurm-1.0/broken.c"
pack slurm-1.0
slurm_recipe "" $'    build: |\n      $CC $CFLAGS -o hello broken.c'
run 5 build
expect_in "the compiler's words are shown" "$out" "broken.c:1" "no_such_thing" "phase 'build'"
rm "$work/src/slurm-1.0/broken.c"
pack slurm-1.0

# ---- Causes that the log shows
slurm_recipe $'  - {spec: helper, type: build}'
run 5 build
expect_in "a dependency that the recipe lacks" "$out" \
    "phase 'build' failed with exit code 2: the header greet.h is missing (line " "hello.c:1:10: fatal error" \
    "hint: the recipe lacks a dependency"
slurm_recipe "" $'    build: |\n      $CC $CFLAGS $LDFLAGS $CPPFLAGS -o hello hello.c -lgreet -lnowhere'
run 5 build
expect_in "a library that is nowhere" "$out" "the library nowhere is missing" "hint: the recipe lacks a dependency"
slurm_recipe "" $'    build: |\n      echo before\n      autoreconf7 -fi || true\n      seq 100\n      exit 1'
run 5 build
expect_in "the lines around it are shown where they are not the last" "$out" "the program autoreconf7 is missing" \
    "    before"$'\n'"    " "    100"$'\n'"    the whole log: "
slurm_recipe
sed -i 's/^        sha256: .*/        sha256: '"$(sum /dev/null)"'/' "$recipes/slurm/recipe.yaml"
run 4 build
expect_in "an archive with another checksum" "$out" "checksum mismatch: expected sha256 $(sum /dev/null)" \
    "hint: a file differs from what the recipe knows"

# ---- Others are being built at that moment
new_root other
sed -i 's|^      mkdir -p|      sleep 1.5\n&|' "$recipes/helper/recipe.yaml"
printf '%s\n' "  steps:" "    build: |" "      sleep 0.5; exit 9" >>"$recipes/greet/recipe.yaml"
sed -i '/^  make: /d' "$recipes/greet/recipe.yaml"
slurm_recipe
run 5 build --jobs 2
expect_in "what is being built is finished first" "$out" "warning: greet@1.0 failed; finishing the packages in progress" \
    "helper@1.0: built in" "error: greet@1.0: phase 'build' failed with exit code 9"
expect_no_leftovers "after the failure of one of two"
greet_recipe
run 0 build
expect_in "and kept" "$out" "helper@1.0: in the store" "2 packages built, 1 from the store"
root=$work/root

# ---- Where a build must not write
slurm_recipe "" $'    install: |\n      mkdir -p "$PREFIX/bin"\n      cp hello "$PREFIX/bin/"\n      cp hello /usr/bin/hello'
run 5 build
expect_in "a build that writes outside of its prefix" "$out" "phase 'install' failed" \
    "hint: the build tried to write outside its prefix, to /usr/bin/hello"
slurm_recipe "" $'    install: |\n      echo x > /etc/hello.conf'
run 5 build
expect_in "the same from the shell" "$out" "outside its prefix, to /etc/hello.conf"
slurm_recipe "" $'    install: |\n      mkdir /opt/hello'
run 5 build
expect_in "the same of a directory" "$out" "outside its prefix, to /opt/hello"
slurm_recipe "" $'    install: |\n      make install\n      echo x >>"$SOURCE/../../sources/archive"'
run 5 build
expect_in "the source is not to be changed" "$out" "outside its prefix, to /build/slurm/../../sources/archive"
unharmed "after writing elsewhere"
expect_true "the cached archive is as it was" cmp \
    "$root/cache/sources/$(sum "$archives/slurm-1.0.tar.gz")/slurm-1.0.tar.gz" "$archives/slurm-1.0.tar.gz"

# ---- Other packages' files
slurm_recipe "" $'    install: |\n      make install\n      echo mine >"$PREFIX/lib/libgreet.so.1"'
run 10 build
expect_in "a file of a dependency is overwritten" "$out" \
    "slurm@1.0 installs lib/libgreet.so.1, which belongs to greet@1.0" "hint: "
slurm_recipe "" $'    install: |\n      make install\n      rm "$PREFIX/include/greet.h"'
run 5 build
expect_in "a file of a dependency is deleted" "$out" "include/greet.h was deleted: the file belongs to a dependency"
slurm_recipe "" $'    install: |\n      make install\n      chmod 4755 "$PREFIX/bin/hello"'
run 5 build
expect_in "a setuid file" "$out" "bin/hello is setuid or setgid"
unharmed "after refusals"
expect_no_leftovers "after refusals"

# ---- Two packages that do not know of each other
printf 'other\n' >"$work/src/helper-1.0/libgreet.so.1"
pack helper-1.0
helper_recipe
sed -i 's|      chmod 755.*|&\n      mkdir "$PREFIX/lib"\n      cp libgreet.so.1 "$PREFIX/lib/"|' "$recipes/helper/recipe.yaml"
mkdir -p "$work/src/third-1.0" "$recipes/third" && touch "$work/src/third-1.0/file" && pack third-1.0
{ recipe_head third 1.0
  printf '%s\n' "dependencies:" "  - {spec: helper, type: run}" "build:" "  system: custom" "  steps:" "    install: |" \
      '      mkdir -p "$PREFIX/share"' '      echo third >"$PREFIX/share/third"'
} >"$recipes/third/recipe.yaml"
{ recipe_head slurm 1.0
  printf '%s\n' "dependencies:" "  - {spec: greet, type: link}" "  - {spec: third, type: run}" "build:" "  system: custom" \
      "  steps:" "    install: |" '      mkdir -p "$PREFIX/bin"' '      echo "#!/bin/sh" >"$PREFIX/bin/hello"'
} >"$recipes/slurm/recipe.yaml"
run 10 build
expect_in "two packages ship the same file" "$out" "two packages install the same path" "lib/libgreet.so.1: " "greet" \
    "helper" "hint: leave the path out"
unharmed "after a conflict"
finish
