#!/bin/bash
# Hardening: the flags reach a makefile that takes none, the level is in the key and the manifest, verify demands it.
. "$(dirname "$0")/lib.sh"
if [[ $(uname -m) != x86_64 ]]; then echo "skipped: control-flow protection is of x86_64"; exit 77; fi
usual_packages
cat >"$work/src/greet-1.0/greet.c" <<'END'
#include "greet.h"
#include <stdio.h>
#include <string.h>
const char* greet(void) { return "hello"; }
int greet_all(const char* const* names) {
    char line[80];
    int count = 0;
    for (; names[count]; ++count) { strcpy(line, names[count]); printf("%s %d\n", line, count); }
    return count;
}
END
# Neither the usual flags of the compiler nor those of the linker.
sed -i 's|^\t$(CC).* -shared .*|\tgcc -O2 -fPIC -shared -Wl,-soname,libgreet.so.1 -o $@ greet.c|' "$work/src/greet-1.0/Makefile"
pack greet-1.0 && greet_recipe
new_root root
tarball=$root/builds/slurm-1.0-software.tar.gz
library=$work/software/lib/libgreet.so.1
unpack() { rm -rf "$work/software" && tar -C "$work" -xzf "$tarball"; }
dynamic() { readelf -dW "$1"; }
symbols() { readelf --dyn-syms -W "$1"; }
keys() { # OPTIONS: packages and their keys
    factory plan --slurm-version 1.0 --format json "$@" |
        python3 -c "import json,sys; print({x['package']: x.get('key') for x in json.load(sys.stdin)['steps']})"
}
member() { # FILE EXPRESSION of m, its JSON
    python3 -c "import json,sys; m=json.load(open(sys.argv[1])); print($2)" "$root/builds/slurm-1.0-$1.json"
}

# ---- Wrong words
run 2 build --hardening hard
expect "an unknown level on the command line" "$out" "error: there is no hardening level 'hard'
hint: write none, default or strict"
SLURM_FACTORY_HARDENING=hard run 2 build
expect_in "in the environment" "$out" "error: there is no hardening level 'hard'" "while reading SLURM_FACTORY_HARDENING"
cp "$root/config.yaml" "$work/usual.yaml"
echo 'hardening: hard' >>"$root/config.yaml"
run 3 build
expect_in "in the configuration" "$out" "config.yaml:" "there is no hardening level 'hard'" "hint: write none"
sed -i 's/: hard$/: none/' "$root/config.yaml"
run 0 factory config show
expect_in "the configuration has its origin" "$out" "hardening" "none"
cp "$work/usual.yaml" "$root/config.yaml"

# ---- Without a word
run 0 build
expect "the manifest" "$(member manifest "m['hardening']")" default
expect "the provenance" \
    "$(member provenance "m['predicate']['buildDefinition']['externalParameters']['hardening']")" default
unpack
expect_in "all symbols are bound at start" "$(dynamic "$library")" BIND_NOW
expect_in "the library's functions are protected" "$(symbols "$library")" __stack_chk_fail _chk@GLIBC
expect_in "so is the program" "$(dynamic "$work/software/bin/hello")" "NOW PIE"
expect "it runs" "$("$work/software/bin/hello")" hello
run 0 factory verify "$tarball"
expect_in "verify says so" "$out" "hardening default: 2 of 2 programs and libraries have it" "0 violations"
run 0 build --hardening default
expect_in "default is the same" "$out" "nothing to do"
default_keys=$(keys)
expect_in "a plan names the level" "$(factory plan --slurm-version 1.0 --hardening strict)" ", hardening strict"
run 0 factory plan --slurm-version 1.0 --format sh
expect_in "the plain script has it" "$out" "-fstack-protector-strong" "export LIBRARY_PATH="

# ---- None
run 0 build --hardening none
unpack
expect_not_in "nothing is bound at start" "$(dynamic "$library")" BIND_NOW
expect_not_in "nothing is protected" "$(symbols "$library")" __stack_chk_fail
none_keys=$(keys --hardening none)
expect_not_in "the keys are others" "$none_keys" None
expect_true "than those of the default" [ "$default_keys" != "$none_keys" ]
echo 'hardening: none' >>"$root/config.yaml"
expect "the configuration is the same as the option" "$(keys)" "$none_keys"
expect "an option goes before it" "$(keys --hardening default)" "$default_keys"
cp "$work/usual.yaml" "$root/config.yaml"
run 0 factory verify "$tarball"
expect_in "the tree is held to its own level" "$out" "hardening none: 2 of 2"
echo 'hardening: {level: default}' >"$work/policy.yaml"
run 9 factory verify --policy "$work/policy.yaml" "$tarball"
expect_in "and to that of a policy" "$out" "weak hardening: lib/libgreet.so.1: RELRO is partial, and must be full" \
    "lib/libgreet.so.1: it calls printf, and no function that checks sizes" "does not begin with endbr64"

# ---- An exception
greet_recipe 'hardening:' '  without: [bind-now]'
run 3 build
expect_in "an exception has a reason" "$out" "no item of 'allow' says why the package is built without bind-now"
greet_recipe 'hardening:' '  without: [bind-now]' '  allow: [{what: bind-now, path: "lib/*.so.1", reason: plugins}]'
run 0 build
unpack
expect_not_in "the library binds lazily" "$(dynamic "$library")" BIND_NOW
expect_in "and has the other protections" "$(symbols "$library")" __stack_chk_fail
run 0 factory verify "$work/software"
expect_in "verify accepts it" "$out" "2 of 2 programs and libraries have it, 1 with accepted exceptions" \
    "accepted  weak hardening: lib/libgreet.so.1: plugins (RELRO is partial, and must be full)"
echo 'hardening: {exceptions: refuse}' >"$work/policy.yaml"
run 9 factory verify --policy "$work/policy.yaml" "$work/software"
expect_in "unless the policy does not" "$out" "VIOLATION weak hardening: lib/libgreet.so.1: RELRO is partial"
finish
