#!/bin/sh
# make.sh FLOOR SYMBOLS OUT PLACE [LISTS]: run in a base image, in an empty directory that may be written to. Makes in the
# directory OUT what programs are linked with so that they run on glibc FLOOR ("2.28") and later:
#   lib/         libraries that have nothing but the names and versions of the table SYMBOLS; start files; static parts
#   newer        what the image's glibc has and the floor lacks, with the version that brought it
#   glibc        the version of the image's glibc
#   config.site  if LISTS has a probe.sh: its answers, as they are with this floor
# PLACE is where OUT will be when packages are built. Ends with 3 when the image's glibc is older than FLOOR.
set -eu
floor=$1 symbols=$2 out=$3 place=$4 lists=${5:-}
here=$(dirname "$0")
CC=${CC:-gcc}
minor=${floor#2.}

mkdir "$out/lib"
if ! command -v "$CC" >/dev/null; then # nothing is linked in such an image
    : >"$out/newer"
    exit 0
fi
# shellcheck disable=SC2086
own=$(printf '#include <features.h>\n__GLIBC_MINOR__\n' | $CC -E -P - | tail -n 1)
echo "2.$own" >"$out/glibc"
case $own in *[!0-9]*) echo "the C library of $CC is not glibc" && exit 1 ;; esac
test "$own" -ge "$minor" || exit 3

# NAME.s and NAME.map of each library. Names of one object are one place, where the linker looks for others of a name.
awk -v floor="$minor" '
    function minor_of(version, part) { split(version, part, "."); return part[2] + 0 }
    function end() {
        if (library == "" || ordered == 0) # the floor did not have it
            return
        print ".section .note.GNU-stack,\"\",@progbits" >file
        close(file)
        file = library ".map"
        print "UNNAMED { local: *; };" >file # the labels
        for (i = 1; i <= ordered; i++)
            print "GLIBC_" order[i] " { };" >file
        close(file)
    }
    /^\[/ {
        end()
        library = substr($1, 2, length($1) - 2)
        file = library ".s"
        ordered = 0
        split("", known)
        split("", objects)
        print library >"libraries"
        next
    }
    /^#/ || NF < 3 { next }
    {
        best = ""
        offered = 0 # linked with today, or once
        for (i = 3; i <= NF; i++) {
            version = $i
            offered += sub(/^@/, "", version)
            if (minor_of(version) <= floor)
                best = version
        }
        if (best == "" || !offered)
            next
        split($2, kind, /[:=]/)
        for (i = 3; i <= NF; i++) {
            version = $i
            sub(/^@/, "", version)
            if (minor_of(version) > floor)
                continue
            if (!(version in known)) {
                known[version]
                order[++ordered] = version
            }
            label = "s" NR "_" i
            print "." (kind[1] == "object" && kind[3] != "" ? "weak " : "globl ") label >file
            if (kind[1] == "object") {
                whose = (kind[3] == "" ? $1 : kind[3])
                if (!(whose in objects)) {
                    objects[whose]
                    print ".bss\n.balign 32\nobject_" whose ": .zero " kind[2] "\n" >file
                }
                print label " = object_" whose "\n.type " label ", @object\n.size " label ", " kind[2] >file
            } else
                print ".text\n.type " label ", @function\n" label ": ret\n.size " label ", 1" >file
            print ".symver " label ", " $1 (version == best ? "@@" : "@") "GLIBC_" version >file
        }
    }
    END { end() }' "$symbols"

while read -r library; do
    test -s "$library.map" || continue
    $CC -shared -nostdlib -fuse-ld=bfd -Wl,-soname,"$library" -Wl,--version-script,"$library.map" -Wl,-z,noexecstack \
        -o "$out/lib/$library" "$library.s"
done <libraries

options="-O2 -fPIC -fvisibility=hidden -fstack-clash-protection -fcf-protection -ffunction-sections -fno-builtin -w"
# parts SOURCE: their names.
parts() { sed -n 's/^#ifdef PART_\([a-z0-9_]*\)$/\1/p' "$here/$1"; }
# archive NAME SOURCE PART...: one object for each of these parts of the source.
archive() {
    name=$1 source=$2
    shift 2
    for part; do
        # shellcheck disable=SC2086
        $CC $options -fstack-protector-strong -D_FORTIFY_SOURCE=2 -DPART_"$part" -c "$here/$source" -o "$name-$part.o"
    done
    ar -D -rc "$out/lib/$name" "$name"-*.o
}
# What the image's headers do not declare must not be found.
for library in $(cat libraries) libc_nonshared.a libpthread_nonshared.a; do
    file=$($CC -print-file-name="$library")
    test "$file" = "$library" || nm --defined-only "$file" 2>/dev/null || true
    test "$file" = "$library" || nm -D --defined-only "$file" 2>/dev/null || true
done | sed -n 's/.* [A-Za-z] \([^ @]*\).*/\1/p' | LC_ALL=C sort -u >image
# shellcheck disable=SC2046 # they are words
archive libc_nonshared.a libc.c $(parts libc.c | LC_ALL=C sort | LC_ALL=C join - image)
# shellcheck disable=SC2086
$CC $options -c "$here/start.c" -o "$out/lib/crt1.o"
cp "$out/lib/crt1.o" "$out/lib/Scrt1.o"

# The compiler's own run-time libraries want a newer glibc than the floor, as the image has: they are linked in.
# shellcheck disable=SC2086
$CC $options -fstack-protector-strong -D_FORTIFY_SOURCE=2 -c "$here/unwind.c" -o unwind.o
ar -D -rc "$out/lib/libfloor_unwind.a" unwind.o
# shellcheck disable=SC2046
archive libfloor_cxx.a cxx.c $(parts cxx.c)
unwind=$($CC -print-file-name=libgcc_eh.a)
cxx=$($CC -print-file-name=libstdc++.a)

script() { printf '/* GNU ld script */\n%s\n' "$2" >"$out/lib/$1"; }
# scripts LIB: what -lNAME finds, when the libraries are in LIB. What 2.34 has in one library older ones have in several;
# a package that was configured for the one finds the others.
scripts() {
    others="$1/libpthread.so.0 $1/libdl.so.2 $1/librt.so.1 $1/libutil.so.1 $1/libresolv.so.2"
    floors="AS_NEEDED($1/libc.so.6 $1/libpthread.so.0 $1/libdl.so.2)" # the linker searches these before the static parts
    script libc.so "GROUP($1/libc.so.6 $1/libc_nonshared.a AS_NEEDED($1/ld-linux-x86-64.so.2 $others))"
    for name in pthread.so.0 dl.so.2 rt.so.1 util.so.1 anl.so.1 m.so.6 mvec.so.1; do
        test ! -e "$out/lib/lib$name" || script "lib${name%%.so*}.so" "INPUT($1/lib$name)"
    done
    test ! -e "$out/lib/libmvec.so.1" || script libm.so "GROUP($1/libm.so.6 AS_NEEDED($1/libmvec.so.1))"
    script libresolv.so "GROUP($1/libresolv.so.2 $1/libc_nonshared.a)"
    for name in libgcc_s.so libgcc_eh.a; do
        script $name "GROUP($unwind $floors $1/libfloor_unwind.a)"
    done
    test "$cxx" = libstdc++.a || for name in libstdc++.so libstdc++.a; do
        script $name "GROUP($cxx $floors $1/libfloor_cxx.a)"
    done
}
if [ -n "$lists" ]; then
    scripts "$out/lib"
    mkdir probe
    (cd probe && LIBRARY_PATH=$out/lib CC=$CC /bin/sh "$lists/probe.sh" "$lists" "$out/config.site")
fi
scripts "$place/lib"

# defined FILE...: "SYMBOL VERSION" of all that glibc's libraries offer.
defined() { nm -D --defined-only --with-symbol-versions "$@" 2>/dev/null | sed -n 's/.* \([^ @]*\)@@*GLIBC_\(2\.[0-9.]*\)$/\1 \2/p'; }
{
    defined "$out"/lib/*.so.*
    nm --defined-only -A "$out/lib/libc_nonshared.a" | awk '$(NF - 1) == "T" { print $NF, "static" }'
} | awk '{ print $1 }' | LC_ALL=C sort -u >offered
# shellcheck disable=SC2013
for library in $(cat libraries); do
    defined "$($CC -print-file-name="$library")"
done | awk -v floor="$minor" 'FNR == NR { offered[$1]; next }
            !($1 in offered) { split($2, part, "."); if (!($1 in least) || part[2] + 0 < least[$1]) least[$1] = part[2] + 0 }
            END { for (name in least) if (least[name] > floor) print name, "2." least[name] }' offered - | LC_ALL=C sort >"$out/newer"
