#!/bin/sh
# probe.sh LISTS OUT: run in a base image, in an empty directory that may be written to. Writes OUT, an autoconf site file
# (https://www.gnu.org/software/autoconf/manual/autoconf-2.71/html_node/Site-Defaults.html) with answers that depend on
# nothing but the image: what its C library has (LISTS/headers.txt, LISTS/functions.txt), sizes of C's types, and what
# LISTS/configure.ac asks. They are the answers that autoconf's macros would find, found many at a time.
set -eu
lists=$1 out=$2
CC=${CC:-gcc}
export CONFIG_SHELL="${CONFIG_SHELL:-/bin/sh}" TMPDIR="$PWD"

# Reads lines "NAME=VALUE" and makes them leave alone what is set before the site file is read.
defaults() { sed 's/^\([A-Za-z0-9_]*\)=\(.*\)/\1=${\1=\2}/'; }

# A header that is there must also compile behind those that AC_INCLUDES_DEFAULT brings.
probe_headers() {
    awk '{
        file = "header-" NR ".c"
        split("stdio stdlib string inttypes stdint strings sys/types sys/stat unistd", defaults, " ")
        for (i = 1; i in defaults; i++) print "#include <" defaults[i] ".h>" >file
        print "#include <" $0 ">" >file
        close(file)
    }' "$lists/headers.txt"
    ls header-*.c | xargs -P "$(nproc)" -n 20 $CC -w -fsyntax-only 2>headers.log || true
    sed -n 's/^header-\([0-9]*\)\.c:.*error: .*/\1/p; s/.*from header-\([0-9]*\)\.c:.*/\1/p' headers.log >bad
    awk 'FNR == NR { bad[$1]; next }
         { name = $0; gsub(/[^A-Za-z0-9_]/, "_", name); print "ac_cv_header_" name "=" (FNR in bad ? "no" : "yes") }' \
        bad "$lists/headers.txt"
}

# program_of FILE: C that needs each function named in it.
program_of() {
    awk '{ print "char " $0 "();"; list = list $0 "," }
         END { print "char (*all[])() = {" list "}; int main(void) { return all[0] == all[1]; }" }' "$1"
}

# All functions in one program: the linker names those that are not in the C library.
probe_functions() {
    awk 'BEGIN { print "#include <limits.h>" }
         { print "#if defined __stub_" $0 " || defined __stub___" $0 "\nstub " $0 "\n#endif" }' \
        "$lists/functions.txt" >stubs.c
    $CC -E -P stubs.c | sed -n 's/^stub //p' >missing
    program_of "$lists/functions.txt" >functions.c
    $CC -w -fno-builtin functions.c -o functions 2>link.log || true
    sed -n "s/.*undefined \(reference to\|symbol:\) [\`']\{0,1\}\([A-Za-z0-9_]*\).*/\2/p" link.log >>missing
    # Without those it links: nothing else was wrong.
    grep -vxF -f missing "$lists/functions.txt" >present
    program_of present >present.c
    $CC -w -fno-builtin present.c -o present.out 2>present.log || { cat present.log >&2 && exit 1; }
    awk 'FNR == NR { missing[$1]; next }
         { print "ac_cv_func_" $0 "=" ($0 in missing ? "no" : "yes") }' missing "$lists/functions.txt"
}

probe_sizes() {
    cat >sizes.c <<'END'
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>
#include <wchar.h>
#define SIZE(name, type) printf("ac_cv_sizeof_%s=%zu\n", #name, sizeof(type));
#define SAME(type) SIZE(type, type)
int main(void)
{
    SAME(char) SAME(short) SAME(int) SAME(long) SIZE(long_long, long long) SAME(unsigned)
    SIZE(unsigned_char, unsigned char) SIZE(unsigned_short, unsigned short) SIZE(unsigned_int, unsigned int)
    SIZE(unsigned_long, unsigned long) SIZE(unsigned_long_long, unsigned long long)
    SAME(float) SAME(double) SIZE(long_double, long double) SIZE(void_p, void *) SIZE(char_p, char *)
    SAME(size_t) SAME(ssize_t) SAME(off_t) SAME(pid_t) SAME(time_t) SAME(wchar_t)
    return 0;
}
END
    $CC -w sizes.c -o sizes
    ./sizes
}

# What compilers and libtool can do; not where programs are, nor how the configure script was called.
probe_autoconf() {
    cp "$lists/configure.ac" .
    mkdir m4
    libtoolize --copy --install >&2
    aclocal >&2
    autoconf >&2
    "$CONFIG_SHELL" ./configure --quiet --cache-file=config.cache >&2
    sed -n 's/^\([A-Za-z0-9_]*\)=${[A-Za-z0-9_]*=\(.*\)}$/\1=\2/p' config.cache |
        grep -E -e '^ac_cv_(c|func|header|prog_cc_c|prog_cxx_cxx|prog_cxx_std|sizeof|struct|sys|type|working)' \
            -e '^lt_cv_prog_(compiler|gnu_ld)' \
            -e '^lt_cv_(archive_cmds_need_lc|deplibs_check_method|shlibpath_overrides_runpath|sys_max_cmd_len)='
}

# Answers of the lists come first and are kept: autoconf was asked for some of them too.
{
    probe_headers
    probe_functions
    probe_sizes
    probe_autoconf
} >answers
awk -F= '!seen[$1]++' answers | LC_ALL=C sort | defaults >"$out"
