#!/bin/bash
# Targets: what is built for a level of processors says so, and the dynamic loader heeds it.
. "$(dirname "$0")/lib.sh"
if [[ $(uname -m) != x86_64 ]]; then echo "skipped: targets are of x86_64"; exit 77; fi
usual_packages
new_root root
ask() { # EXPRESSION of m, the manifest
    python3 -c "import json,sys; m=json.load(open(sys.argv[1])); print($1)" "$root/builds/slurm-1.0-manifest.json"
}
unpack() { rm -rf "$work/software" && tar -C "$work" -xzf "$root/builds/slurm-1.0-software.tar.gz"; }
keys() { # TARGET: packages and their keys
    factory plan --slurm-version 1.0 --target "$1" --format json |
        python3 -c "import json,sys; print({x['package']: x.get('key') for x in json.load(sys.stdin)['steps']})"
}
mark() { # FILE BYTE: writes the first byte of what it needs of the processor; GNU_PROPERTY_X86_ISA_1_NEEDED, 4 bytes
    python3 - "$@" <<'END'
import sys
file, byte = sys.argv[1], int(sys.argv[2], 0)
content = bytearray(open(file, "rb").read())
header = (0xC0008002).to_bytes(4, "little") + (4).to_bytes(4, "little")
assert content.count(header) == 1, "no such property"
content[content.index(header) + 8] = byte
open(file, "wb").write(content)
END
}

# ---- Names
run 2 build --target x86-64-v3
expect_in "another spelling" "$out" "error: there is no target 'x86-64-v3'" "hint: did you mean 'x86_64_v3'?"
run 2 build --target pentium
expect_in "an unknown target" "$out" "there is no target 'pentium'" "hint: targets: x86_64, x86_64_v2"
run 2 build --target aarch64
expect_in "a family to come" "$out" "the target 'aarch64' is not supported yet"
expect "a plan names its target" "$(factory plan --slurm-version 1.0 --target x86_64_v4 | sed -n 2p)" \
    "base image tiny (made), glibc 2.28, target x86_64_v4, hardening default"

target_of() { factory plan --slurm-version 1.0 --packages "$work/packages.yaml" "$@" | sed -n 's/.*, target \([^,]*\),.*/\1/p'; }
echo 'packages: {all: {target: [x86_64_v3]}}' >"$work/packages.yaml"
expect "packages.yaml names one for all" "$(target_of)" x86_64_v3
expect "an option goes before it" "$(target_of --target x86_64_v2)" x86_64_v2
echo 'packages: {all: {target: [x86_64_v3]}, slurm: {target: [x86_64_v4]}}' >"$work/packages.yaml"
expect "one for Slurm goes before that for all" "$(target_of)" x86_64_v4
echo 'packages: {all: {target: [zen3]}}' >"$work/packages.yaml"
run 2 factory plan --slurm-version 1.0 --packages "$work/packages.yaml"
expect_in "an unknown one" "$out" "there is no target 'zen3'" "while reading 'target' of 'all' in packages.yaml"

# ---- The generic target is the default, and marks nothing
run 0 build
expect "the manifest of a build without --target" "$(ask "m['target']")" x86_64
run 0 build --target generic
expect_in "generic is the same" "$out" "nothing to do"
run 0 build --target x86_64
expect_in "x86_64 is the same" "$out" "nothing to do"
generic_keys=$(keys generic)
run 0 factory verify "$root/builds/slurm-1.0-software.tar.gz"
expect_in "verify says so" "$out" "needs a processor with x86_64: any of the family" "0 violations"
unpack
expect "it runs" "$("$work/software/bin/hello")" hello
if [[ $(readelf -nW "$work/software/bin/hello") == *"x86 ISA needed"* ]]; then # the C library's start files have it
    mark "$work/software/bin/hello" 0x09
    run 9 factory verify "$work/software"
    expect_in "a mark in a generic tree" "$out" \
        "wrong target: bin/hello: asks for x86_64_v4, but the tree is for x86_64" "1 violations"
fi

# ---- What this machine is
native=$(factory plan --slurm-version 1.0 --target native | sed -n 's/.*, target \([^,]*\),.*/\1/p')
echo "this machine is $native"
above=$(case $native in x86_64) echo x86_64_v2 ;; x86_64_v2) echo x86_64_v3 ;; x86_64_v3) echo x86_64_v4 ;; esac)
if [[ -n $above ]]; then
    run 2 build --target "$above"
    expect_in "more than this machine is" "$out" "error: this machine cannot build for $above: its processor is $native" \
        "hint: build on a machine that has $above, or for --target $native"
fi
if [[ $native == x86_64 ]]; then finish; fi

# ---- A build for it
run 0 build --target native
expect_in "other flags are other packages" "$out" "3 packages built, 0 from the store"
expect "the manifest has the name of what native was" "$(ask "m['target']")" "$native"
run 0 build --target "$native"
expect_in "by that name it is the same" "$out" "nothing to do"
expect_in "the module has it" "$(tar -xzOf "$root/builds/slurm-1.0-module.tar.gz")" "whatis(\"Target: $native\")" \
    "pushenv(\"SLURM_BUILD_TARGET\", \"$native\")"
run 0 factory verify "$root/builds/slurm-1.0-software.tar.gz"
expect_in "verify says what it needs" "$out" "needs a processor with $native (bin/hello)" "0 violations"
unpack
expect "it runs here" "$("$work/software/bin/hello")" hello
for file in bin/hello lib/libgreet.so.1; do
    expect_in "$file is marked" "$(readelf -nW "$work/software/$file")" "x86 ISA needed: " "x86-64-${native#x86_64_}"
done

# ---- Processors that lack something: nothing has the bit 0x40
for file in bin/hello lib/libgreet.so.1; do
    unpack
    mark "$work/software/$file" 0x41
    run 127 "$work/software/bin/hello"
    expect_in "the loader refuses $file" "$out" "CPU ISA level is lower than required"
    run 9 factory verify "$work/software"
    expect_in "verify reports $file" "$out" "wrong target: $file: asks for a processor that is not known" "1 violations"
    unpack
    mark "$work/software/$file" 0x00
    run 9 factory verify "$work/software"
    expect_in "$file without its mark" "$out" "wrong target: $file: is not marked as needing $native" "1 violations"
done
sed -i "s/\"target\": \"$native\"/\"target\": \"x86_64_v9\"/" "$work/software/share/slurm-factory/manifest.json"
run 9 factory verify "$work/software"
expect_in "a target that is not known" "$out" "wrong target: share/slurm-factory/manifest.json: there is no target"

# ---- Side by side
expect "generic keys are as they were" "$(keys generic)" "$generic_keys"
expect_true "those of a target are others" test "$(keys "$native")" != "$generic_keys"
run 0 build
expect_in "both are in the store" "$out" "0 packages built, 3 from the store"
expect "and the last one asked for is the bundle" "$(ask "m['target']")" x86_64

# ---- The other linker
is_linked_by_mold() { [[ $(readelf -p .comment "$work/software/bin/hello") == *mold* ]]; }
expect_true "all this was linked with mold" is_linked_by_mold
new_root ld
echo 'levers: {mold: false}' >>"$root/config.yaml"
run 0 build --target native
unpack
if is_linked_by_mold; then fail "levers.mold: false links with mold"; fi
run 0 factory verify "$work/software"
expect_in "ld's files are marked as well" "$out" "needs a processor with $native (bin/hello)" "0 violations"
for file in bin/hello lib/libgreet.so.1; do
    unpack
    mark "$work/software/$file" 0x41
    run 127 "$work/software/bin/hello"
    expect_in "the loader refuses $file of ld" "$out" "CPU ISA level is lower than required"
done
finish
