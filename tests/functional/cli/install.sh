#!/bin/bash
# cmake --install: what it installs, that it can be moved, and that man pages and completions are those of the program.
shipped_advisories=yes
. "$(dirname "$0")/lib.sh"
build=$(dirname "$(dirname "$TOOL")")
if [[ ! -e $build/CMakeCache.txt ]]; then echo "skipped: the program is in no build directory"; exit 77; fi

run 0 cmake --install "$build" --prefix "$work/first"
mkdir "$work/elsewhere"
mv "$work/first" "$work/elsewhere/second"
there=$work/elsewhere/second
ln -s "$there/bin/slurm-factory" "$work/link"
run 0 "$work/link" config show
expect_in "the data is beside the program, wherever that is" "$out" "$there/share/slurm-factory/recipes "
for part in advisories floor images init recipes smoke; do
    expect "all of $part" "$(cd "$there/share/slurm-factory/$part" && find . -type f | sort)" \
        "$(cd "$here/../../../$part" && find . -type f | sort)"
done
run 0 "$TOOL" man --directory "$work/man"
expect "the man pages" "$(ls "$there/share/man/man1")" "$(ls "$work/man")"
for shell in bash/bash-completion/completions/slurm-factory zsh/zsh/site-functions/_slurm-factory \
    fish/fish/vendor_completions.d/slurm-factory.fish; do
    expect "completion for ${shell%%/*}" "$(cat "$there/share/${shell#*/}")" "$("$TOOL" completion "${shell%%/*}")"
done
expect_true "documentation" test -s "$there/share/doc/slurm-factory/docs/installation.md"
expect "nothing of the build directory" "$(ls "$there" "$there/share")" "$there:
bin
share

$there/share:
bash-completion
doc
fish
man
slurm-factory
zsh"

# ---- What can go wrong
mkdir -p "$work/alone/bin" "$work/alone/share/slurm-factory"
cp "$TOOL" "$work/alone/bin"
run 3 env SLURM_FACTORY_DATA="$work/alone/share/slurm-factory" "$work/alone/bin/slurm-factory" spec
expect_in "data that is not there" "$out" "$work/alone/share/slurm-factory/recipes"
: >"$work/file"
status=0
cmake --install "$build" --prefix "$work/file" >/dev/null 2>&1 || status=$?
expect_true "a prefix that is a file is an error" test "$status" -ne 0
finish
