#!/bin/bash
# `external list`, `external find`, and what `--write` puts into packages.yaml.
. "$(dirname "$0")/lib.sh"
usual_packages
root=$work/empty
run 0 factory external list
expect_in "without the image its tools are listed by name" "$out" "gcc          -            -" \
    "base image tiny is not made yet: slurm-factory external find"
expect_true "and nothing is made" test ! -e "$root/images"
run 0 "$TOOL" external find --help
expect_in "the help has an example" "$out" "--write" "slurm-factory external find --write"
run 2 "$TOOL" external lose
expect_in "an unknown word" "$out" "there is no command 'lose'"

# Whoever may come to make the image is known to those who remove. This one waits for another that makes it.
root=$work/waits
mkdir -p "$root/images/locks"
for lock in "$image_root"/images/locks/making-*; do
    exec {held}>"$root/images/locks/${lock##*/}"
    flock "$held"
done
"$TOOL" --root "$root" --images "$here/images" --image tiny external find >"$work/log" 2>&1 &
pid=$!
children+=("$pid")
expect_true "it waits" within 20 grep -q "waiting for another slurm-factory that makes image 'tiny'" "$work/log"
run 1 factory clean --full
expect_in "clean waits for it" "$out" "a build is running" "try again when it has ended"
kill -INT "$pid"
status=0
wait "$pid" || status=$?
expect "stopped: exit status" "$status" 130
run 0 factory clean --full

new_root root
run 0 factory external find
gcc=$(awk '$1 == "gcc" { print $2 }' <<<"$out")
expect_true "gcc has a version" grep -qE '^[0-9]+\.[0-9]+\.[0-9]+$' <<<"$gcc"
expect_in "and a place" "$out" "gcc          $gcc       /usr/bin/gcc" "/usr/bin/make"
found=$out
run 0 factory external list
expect "list says the same" "$out" "$found"
expect_true "nothing is written unasked" test ! -e "$root/packages.yaml"

# An index of the first format knows the tools' names only.
python3 - "$root/state.db" <<'END'
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("""UPDATE images SET externals = '["gcc","make"]'""")
for table in ("uses", "kept", "runs"):
    database.execute(f"DROP TABLE {table}")
database.execute("DROP INDEX actions_by_image")
database.execute("ALTER TABLE actions DROP COLUMN image")
database.execute("PRAGMA user_version = 1")
END
run 0 factory external list
expect_in "an image of an older tool has no versions" "$out" "gcc          -            /usr/bin/gcc"
run 0 factory external find
expect "they are asked for when it is used" "$out" "$found"
run 0 factory external list
expect "and remembered" "$out" "$found"
expect "nothing is mounted" "$(grep -F "$work/" /proc/mounts || true)" ""

# A tool that the recipe names and that the image was made without
cp "$root/state.db" "$work/whole.db"
python3 - "$root/state.db" <<'END'
import json, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
externals = json.loads(database.execute("SELECT externals FROM images").fetchone()[0])
del externals["make"]
database.execute("UPDATE images SET externals = ?", [json.dumps(externals)])
END
run 0 factory external list
expect_in "it is said" "$out" "make         the package mirrors had none when base image tiny was made"
slurm_recipe $'  - {spec: greet, type: [build, link]}\n  - {spec: make, type: build}'
run 10 build
expect_in "what needs it is not built" "$out" \
    "slurm is built with make, which the host's package mirrors did not have when base image tiny was made" \
    "hint: once the mirrors have it, 'slurm-factory image remove tiny'"
rm "$root"/state.db*
mv "$work/whole.db" "$root/state.db"
run 0 factory external find
expect "the whole image again" "$out" "$found"

# --write
run 0 factory external find --write
expect_in "written" "$out" "$root/packages.yaml" "added: gcc, make"
expect "the whole file" "$(head -n 6 "$root/packages.yaml")" "packages:
  gcc:
    externals:
    - spec: gcc@$gcc
      prefix: /usr
    buildable: false"
cp "$root/packages.yaml" "$work/first"
run 0 factory external find --write
expect_in "written again" "$out" "as it was: gcc, make"
expect_true "nothing changes" cmp "$root/packages.yaml" "$work/first"

cat >"$root/packages.yaml" <<END
# the site's own
packages:
  # anything but the newest
  greet:
    version: [1.0]
  gcc:
    externals:
    - spec: gcc@1.2.3
      prefix: /usr
    buildable: false
END
run 0 factory external find --write
expect_in "into a file of one's own" "$out" "added: make" "updated: gcc"
expect "its lines stay" "$(grep -v -e make -e "gcc@" "$root/packages.yaml" | head -n 1)" "# the site's own"
expect_in "with what is new above them" "$(<"$root/packages.yaml")" "packages:
  make:" "  # anything but the newest
  greet:
    version: [1.0]
  gcc:
    externals:
    - spec: gcc@$gcc
"

printf 'packages: {greet: {version: [1.0]}}\n' >"$root/packages.yaml"
run 1 factory external find --write
expect_in "what cannot be added to" "$out" "entries cannot be added to $root/packages.yaml" \
    "hint: " "  gcc:"
expect "is left as it is" "$(<"$root/packages.yaml")" "packages: {greet: {version: [1.0]}}"
finish
