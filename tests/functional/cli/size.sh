#!/bin/bash
# `size`: what each package takes.
. "$(dirname "$0")/lib.sh"
usual_packages
new_root root
size() { factory size --slurm-version 1.0 "$@"; }
ask() { # EXPRESSION of r, the report, and p, its packages by name
    python3 -c "import json,sys; r=json.load(sys.stdin); p={x['package']: x for x in r['packages']}; print($1)" <<<"$out"
}

# ---- Not built, or not all of it
run 1 size
expect_in "nothing is built" "$out" "error: 3 of 3 packages are not in the store" "greet@1.0" "helper@1.0" "slurm@1.0" \
    "hint: 'slurm-factory build' with the same options makes them"
expect "nothing was done" "$(ls "$root")" "$(printf 'config.yaml\nimages\nstate.db')"
run 0 build
run 1 size --minimal
expect_in "one is not built" "$out" "error: 1 of 3 packages are not in the store: slurm@1.0"

# ---- Built
tree=$work/software
tar -C "$work" -xzf "$root/builds/slurm-1.0-software.tar.gz"
rm -r "$tree/share/slurm-factory"
bytes() { find "$@" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }'; }
greet=$(bytes "$tree/lib/libgreet.so.1")
slurm=$(bytes "$tree/bin" "$tree/share")
run 0 size
expect_in "text: a line for each package, and the total" "$out" "package " "greet@1.0 " "helper@1.0 " "slurm@1.0 " \
    "2 that ship " "100.0 %"
expect "text: the largest first" "$(awk 'NR == 2 || NR == 3 { print $1 }' <<<"$out" | sort | xargs)" "greet@1.0 slurm@1.0"
expect_in "text: a build tool does not ship" "$(grep helper@1.0 <<<"$out")" " no "
run 0 size --format json
expect "json: sizes" "$(ask "p['greet']['bytes'], p['slurm']['bytes']")" "$greet $slurm"
expect "json: files" "$(ask "p['greet']['files'], p['slurm']['files'], r['total']['files']")" "1 2 3"
expect "json: total" "$(ask "r['total']['bytes']")" "$((greet + slurm))"
expect "json: compressed" \
    "$(ask "r['total']['gz_bytes'] == p['greet']['gz_bytes'] + p['slurm']['gz_bytes'], p['greet']['gz_bytes'] > 0")" \
    "True True"
expect "json: shares" "$(ask "round(p['greet']['share'] + p['slurm']['share'], 6)")" 1.0
expect "json: what ships" "$(ask "sorted(n for n in p if p[n]['ships'])")" "['greet', 'slurm']"
expect "json: what slurm adds is all" "$(ask "p['slurm']['adds']['packages'], p['slurm']['adds']['bytes']")" \
    "['greet', 'slurm'] $((greet + slurm))"
expect "json: what greet adds" "$(ask "p['greet']['adds']['packages'], p['greet']['adds']['bytes']")" \
    "['greet'] $greet"
expect "json: a build tool adds nothing" "$(ask "sorted(p['helper'])")" \
    "['bytes', 'files', 'gz_bytes', 'package', 'ships', 'version']"

# ---- zstd frames are known once they are made
run 0 build --archive zst
run 0 size --format json
expect "json: zstd frames" "$(ask "r['total']['zst_bytes'] == p['greet']['zst_bytes'] + p['slurm']['zst_bytes']")" True
expect "json: none of what does not ship" "$(ask "'zst_bytes' in p['helper']")" False
run 2 size --format html
expect_in "an unknown format" "$out" "--format"
finish
