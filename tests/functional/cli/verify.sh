#!/bin/bash
# `verify` on what was built, and on trees that were spoiled.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
run 0 build
tarball=$root/builds/slurm-1.0-software.tar.gz
run 0 factory verify "$tarball"
expect_in "a good tarball" "$out" "0 violations" "2 of them ELF" "libc.so.6"
expect "the temporary directory is removed" \
    "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'slurm-factory-verify*' -user root -newer "$tarball")" ""
fresh() { rm -rf "$work/software" && tar -C "$work" -xzf "$tarball"; }
check() { # WHAT PART...
    local what=$1
    shift
    run 9 factory verify "$work/software"
    expect_in "$what" "$out" "VIOLATION " "$@" "1 violations"
    fresh
}
fresh
run 0 factory verify "$work/software"
expect_in "a good tree" "$out" "0 violations"

rm "$work/software/lib/libgreet.so.1"
check "a missing library" "missing library: bin/hello: " "libgreet.so.1"
gcc -x c -shared -fPIC -Wl,-rpath,/usr/local/lib -o "$work/software/lib/libbad.so" - <<<'int bad;'
check "an absolute RUNPATH" "absolute RUNPATH: lib/libbad.so: " "/usr/local/lib"
echo "see /build/slurm/hello.c" >"$work/software/share/slurm/note"
check "a build path" "build path: share/slurm/note: " "/build/slurm/hello.c"
chmod 4755 "$work/software/bin/hello"
check "a setuid file" "forbidden file: bin/hello: setuid or setgid"
touch "$work/software/lib/libgreet.a"
check "a static library" "forbidden file: lib/libgreet.a: a static library"
ln -s ../../../etc "$work/software/share/etc"
check "a link out of the tree" "forbidden file: share/etc: "
truncate -s 100 "$work/software/lib/libgreet.so.1"
run 9 factory verify "$work/software"
expect_in "a damaged library" "$out" "malformed ELF file: lib/libgreet.so.1"

head -c 2000 "$tarball" >"$work/cut.tar.gz"
run 9 factory verify "$work/cut.tar.gz"
expect_in "a tarball that was cut" "$out" "error: " "while auditing $work/cut.tar.gz" "hint: the file may be damaged"
run 2 factory verify "$work/nonexistent.tar.gz"
expect_in "a tarball that is not there" "$out" "error: there is no file or directory $work/nonexistent.tar.gz"
run 2 factory verify
expect_in "nothing to verify" "$out" "TARBALL|DIR is required"
finish
