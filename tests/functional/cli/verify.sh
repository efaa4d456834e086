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
gcc -x c -shared -fPIC -Wl,-z,relro,-z,now -Wl,-rpath,/usr/local/lib -o "$work/software/lib/libbad.so" - <<<'int bad;'
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

# ---- A policy
fresh
policy() { printf '%s\n' "$@" >"$work/policy.yaml"; }
policy 'glibc: "2.40"' 'licenses: {allowed: [MIT]}' 'size: 10MiB' 'hardening: {relro: partial, pie: require}'
run 0 factory verify --policy "$work/policy.yaml" "$tarball"
expect_in "a policy that is met" "$out" "0 violations"
policy 'licenses: {denied: [MIT]}' 'size: 1KiB'
run 9 factory verify --policy "$work/policy.yaml" "$tarball"
expect_in "one that is not" "$out" 'VIOLATION licence: ' 'slurm: "MIT": MIT is denied' "VIOLATION too large: "
policy 'glibc: "2.2"'
run 9 factory verify --policy "$work/policy.yaml" "$work/software"
expect_in "glibc" "$out" "VIOLATION newer glibc: bin/hello: "
policy 'glibc: "2.40"' 'hardning: {}'
run 3 factory verify --policy "$work/policy.yaml" "$tarball"
expect_in "an unknown key" "$out" "$work/policy.yaml:2:1: unknown key 'hardning'" "hint: " "hardening"
run 2 factory verify --policy "$work/nonexistent.yaml" "$tarball"
expect_in "a policy that is not there" "$out" "$work/nonexistent.yaml"

gcc -x c -shared -fPIC -Wl,-z,relro,-z,now -Wl,-z,execstack -o "$work/software/lib/libbad.so" - <<<'int bad;'
check "an executable stack" "weak hardening: lib/libbad.so: its stack is executable"
chmod 666 "$work/software/share/slurm/helped"
check "a file that everybody may write to" "forbidden file: share/slurm/helped: everybody"

# ---- Where it runs, and JSON
run 0 factory verify "$tarball"
expect_in "distributions are named" "$out" "runs on: Debian " "RHEL/Rocky/Alma "
run 0 factory verify --json "$tarball"
expect "the report as JSON" "$(python3 -c '
import json, sys
report = json.loads(sys.argv[1])
newest = [system for system in report["systems"] if system["distribution"] == "Debian"][-1]
print(report["schema"], report["name"], report["passed"], report["violations"], report["elf_files"],
      "libc.so.6" in report["needs"]["libraries"], newest["runs"], report["hardening"]["files"], report["runs"])
' "$out")" "1 slurm-1.0 True [] 2 True True 2 []"
chmod 4755 "$work/software/bin/hello"
run 9 factory verify --json "$work/software"
expect "a violation in it" "$(python3 -c '
import json, sys
report = json.loads(sys.argv[1])
print(report["passed"], report["violations"])
' "$out")" "False [{'kind': 'forbidden-file', 'file': 'bin/hello', 'detail': 'setuid or setgid'}]"
fresh

# ---- Started as a cluster: a tree that is none says so
run 9 factory verify --on tiny "$tarball"
expect_in "a tree without daemons" "$out" "cluster on tiny (" "FAILED  version" "the tree has no srun" " slurmctld " "0 violations, 1 of 1 clusters failed"
expect "nothing is left of the run" "$(leftovers)" ""
run 9 factory verify --json --on tiny "$work/software"
expect "the run in JSON" "$(python3 -c '
import json, sys
report = json.loads(sys.argv[1])
run = report["runs"][0]
print(report["passed"], run["image"], run["passed"], [step["name"] for step in run["steps"]], run["log"])
' "$out")" "False tiny False ['version'] version: the tree has no srun sbatch sinfo \
scontrol squeue slurmctld slurmd slurmstepd"
run 2 factory verify --on nonesuch "$tarball"
expect_in "an unknown image" "$out" "no base image is named 'nonesuch'"

head -c 2000 "$tarball" >"$work/cut.tar.gz"
run 9 factory verify "$work/cut.tar.gz"
expect_in "a tarball that was cut" "$out" "error: " "while auditing $work/cut.tar.gz" "hint: the file may be damaged"
run 2 factory verify "$work/nonexistent.tar.gz"
expect_in "a tarball that is not there" "$out" "error: there is no file or directory $work/nonexistent.tar.gz"
run 2 factory verify
expect_in "nothing to verify" "$out" "TARBALL|DIR is required"
finish
