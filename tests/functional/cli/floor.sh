#!/bin/bash
# The glibc floor: what is built needs no symbol of a newer glibc than it, and who needs one is told.
. "$(dirname "$0")/lib.sh"
if [[ $(uname -m) != x86_64 ]]; then echo "skipped: floors are of x86_64"; exit 77; fi
usual_packages
new_root root
ask() { # EXPRESSION of m, the manifest
    python3 -c "import json,sys; m=json.load(open(sys.argv[1])); print($1)" "$root/builds/slurm-1.0-manifest.json"
}
unpack() { rm -rf "$work/software" && tar -C "$work" -xzf "$root/builds/slurm-1.0-software.tar.gz"; }
highest() { # FILE: the highest version of glibc that it needs
    readelf -W -V "$1" | grep -o 'GLIBC_2[0-9.]*' | sed 's/GLIBC_//' | sort -V | tail -n 1
}
hello() { # LINE...: the source of the program, which calls what moved or changed since 2.28
    printf '%s\n' "$@" >"$work/src/slurm-1.0/hello.c"
    sed -i 's/-lgreet$/-lgreet -lm/' "$work/src/slurm-1.0/Makefile"
    pack slurm-1.0
    slurm_recipe
}

# ---- Names
run 2 build --glibc 2.99
expect_in "an unknown floor" "$out" "error: there is no glibc floor '2.99'" "hint: known: 2.17, 2.28, 2.31, host"
SLURM_FACTORY_GLIBC=2.3 run 2 build
expect_in "an unknown one in the environment" "$out" "there is no glibc floor '2.3'" "while reading SLURM_FACTORY_GLIBC"
echo 'glibc: new' >>"$root/config.yaml"
run 3 build
expect_in "an unknown one in config.yaml" "$out" "config.yaml:2:8: there is no glibc floor 'new'"
echo 'network: {retries: 0}' >"$root/config.yaml"
expect_in "a plan names its floor" "$(factory plan --slurm-version 1.0 | sed -n 2p)" "glibc 2.28,"

# ---- What newer ones have elsewhere, under other names or in newer versions
hello '#define _GNU_SOURCE' '#include <greet.h>' '#include <dlfcn.h>' '#include <math.h>' '#include <pthread.h>' \
    '#include <stdio.h>' '#include <stdlib.h>' '#include <string.h>' '#include <sys/stat.h>' '#include <resolv.h>' \
    'extern char** environ;' \
    '__attribute__((constructor)) static void begin(void) { puts("begin"); }' \
    '__attribute__((destructor)) static void end(void) { puts("end"); }' \
    'static void leave(void) { puts("leave"); }' \
    'static void* run(void* given) { return given; }' \
    'int main(int count, char** words) {' \
    '    struct stat status; pthread_t thread; void* result = NULL; char** word; unsigned char answer[512];' \
    '    puts(greet()); atexit(leave); setenv("FLOOR", "here", 1);' \
    '    for (word = environ; *word && strcmp(*word, "FLOOR=here"); ++word) ;' \
    '    if (!*word || stat(words[0], &status) || !status.st_size || !dlopen("libm.so.6", RTLD_NOW)) return 1;' \
    '    if (pthread_create(&thread, NULL, run, words) || pthread_join(thread, &result) || result != words) return 2;' \
    '    if (arc4random_uniform(5) > 4 || arc4random() == arc4random()) return 3;' \
    '    if (count > 9) return res_query("x", 1, 1, answer, sizeof answer) + (int)pow(count, 0.3);' \
    '    return pow(count + 1.0, 3.0) != 8.0; }'
run 0 build
expect_in "the end names floor, processor and systems" "$out" "needs glibc 2.28 or newer" "x86_64: any" \
    "runs on: Debian 10+" "RHEL/Rocky/Alma 8+"
unpack
program=$work/software/bin/hello
expect "it runs" "$("$program" | tr '\n' ' ')" "begin hello leave end "
expect_true "the floor holds" test "$(printf '2.28\n%s\n' "$(highest "$program")" | sort -V | tail -n 1)" = 2.28
expect_in "libraries of their time are named" "$(readelf -d "$program")" libpthread.so.0 libdl.so.2 libresolv.so.2
expect "the manifest has it" "$(ask "m['glibc']")" 2.28
expect_in "the provenance has it" "$(cat "$root"/builds/slurm-1.0-provenance.json)" '"glibc": "2.28"' '"name": "glibc floor 2.28"'
run 0 factory verify "$root/builds/slurm-1.0-software.tar.gz"
expect_in "verify holds it to that" "$out" "0 violations" "Ubuntu 20.04+"
run 0 build
expect_in "nothing is left to do" "$out" "nothing to do"
run 0 factory explain slurm --slurm-version 1.0 --glibc host
expect_in "the floor is in the key" "$out" "floor"

# ---- An older one
run 0 build --glibc 2.17
unpack
expect_true "an older floor holds" test "$(printf '2.17\n%s\n' "$(highest "$program")" | sort -V | tail -n 1)" = 2.17
expect "it runs, too" "$("$program" | tr '\n' ' ')" "begin hello leave end "

# ---- Without a floor, and what a manifest promises
run 0 build --glibc host
expect_in "no floor" "$out" "needs the glibc of its base image"
unpack
expect "the image's own glibc" "$(highest "$program")" 2.36
sed -i 's/"glibc": "host"/"glibc": "2.28"/' "$work/software/share/slurm-factory/manifest.json"
run 9 factory verify "$work/software"
expect_in "a broken promise" "$out" "newer glibc: bin/hello: needs glibc 2.36, but the manifest promises 2.28"

# ---- Who needs more
hello '#define _GNU_SOURCE' '#include <greet.h>' '#include <stdio.h>' '#include <unistd.h>' \
    'int main(void) { return puts(greet()) < 0 || (closefrom(9), 0); }'
run 5 build
expect_in "a program that does not link" "$out" "hello.c needs closefrom, which glibc 2.34 brought, and the floor is 2.28" \
    "hint: build for newer systems only (--glibc host), or patch the package"
expect "no bundle is left of it" "$(ask "m['glibc']")" host
hello '#define _GNU_SOURCE' '#include <greet.h>' '#include <stdio.h>' '#include <unistd.h>' \
    'int main(void) { return puts(greet()) < 0; } unsigned other(void) { closefrom(9); return 0; }'
sed -i 's/-o \$@ hello.c/-shared -fPIC -o $@ hello.c/' "$work/src/slurm-1.0/Makefile"
pack slurm-1.0
slurm_recipe
run 5 build
expect_in "a library that leaves it to others" "$out" \
    "slurm@1.0: bin/hello needs closefrom, which glibc 2.34 brought, and the floor is 2.28"
slurm_source
hello '#include <greet.h>' '#include <math.h>' '#include <stdio.h>' \
    'int main(int count, char** words) { return puts(greet()) < 0 || pow(count, 2.5) < 0 || !words; }'
sed -i 's|-lm$|/lib/x86_64-linux-gnu/libm.so.6|' "$work/src/slurm-1.0/Makefile"
pack slurm-1.0
slurm_recipe
run 5 build
expect_in "a library of the image's" "$out" "bin/hello needs pow, which glibc 2.29 brought, and the floor is 2.28" \
    "--glibc 2.31"
expect_no_leftovers "after all that"
finish
