#!/bin/bash
# Completion in real shells, and man pages. Needs no base image.
set -euo pipefail
TOOL=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work LC_ALL=C TERM=dumb
mkdir "$work/bin" "$work/man" && ln -s "$TOOL" "$work/bin/slurm-factory"
PATH=$work/bin:$PATH
failures=0
expect() { # WHAT ACTUAL EXPECTED
    if [[ $2 == "$3" ]]; then echo "ok: $1"; else echo "FAILED: $1: \"$2\", expected \"$3\""; failures=$((failures + 1)); fi
}
cd "$work"
mkdir files && touch files/site.pub files/site.key

# ---- bash
slurm-factory completion bash >bash.sh
expect "nothing is said of the script by bash" "$(bash -n bash.sh 2>&1)" ""
bash_completes() { # WORD...: what the last one can become
    # shellcheck disable=SC2016
    bash --norc -c 'source bash.sh; complete -p slurm-factory >/dev/null
        COMP_WORDS=(slurm-factory "$@"); COMP_CWORD=$#; compopt() { :; }
        _slurm_factory; printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort | tr '\n' ' '
}
expect "bash: it is registered" "$(bash --norc -c 'source bash.sh; complete -p slurm-factory')" \
    "complete -F _slurm_factory slurm-factory"
expect "bash: commands" "$(bash_completes b)" "build bundle "
expect "bash: commands below a command" "$(bash_completes cache p)" "prune pull push "
expect "bash: two levels" "$(bash_completes cache keys g)" "generate "
expect "bash: options" "$(bash_completes build --ma)" "--matrix "
expect "bash: options for all commands stand behind one" "$(bash_completes gc --off)" "--offline "
expect "bash: choices" "$(bash_completes build --archive '')" "gz zst "
expect "bash: choices behind =" "$(bash_completes size --format = j)" "json "
expect "bash: choices of an argument" "$(bash_completes completion '')" "bash fish zsh "
expect "bash: files" "$(bash_completes cache keys add files/)" "files/site.key files/site.pub "
# shellcheck disable=SC1010 # the beginning of a word
expect "bash: directories" "$(bash_completes --root fi)" "files "
expect "bash: an option's value is no command" "$(bash_completes --root cache p)" "plan "
every=$(slurm-factory --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort | tr '\n' ' ')
expect "bash: every command is there" "$(bash_completes '')" "$every"

# ---- zsh, with a terminal of its own
if command -v zsh >/dev/null; then
    slurm-factory completion zsh >_slurm-factory
    expect "nothing is said of the script by zsh" "$(zsh -n _slurm-factory 2>&1)" ""
    # zpty is a terminal of zsh's own; ^X shows what stands on the line then.
    cat >terminal.zsh <<'END'
zmodload zsh/zpty
zpty shell 'zsh -f -i'
zpty -w shell "PS1=; PS2=; fpath=($PWD \$fpath); autoload -U compinit; compinit -u -D
    show() { print -r -- \"<line:\$BUFFER>\"; BUFFER=; zle accept-line }; zle -N show; bindkey '^X' show; print re\"\"ady"
zpty -r shell screen '*ready*'
zpty -n -w shell "$1"$'\t\x18'
zpty -r shell screen '*<line:*>*'
print -r -- "$screen"
END
    zsh_completes() { # LINE: what stands there after a tab
        timeout 30 zsh -f terminal.zsh "$1" | tr -d '\r' | sed -n 's/^.*<line:\(.*\)>.*$/\1/p'
    }
    expect "zsh: a command" "$(zsh_completes 'slurm-factory bui')" "slurm-factory build "
    expect "zsh: a command below a command" "$(zsh_completes 'slurm-factory cache keys gen')" \
        "slurm-factory cache keys generate "
    expect "zsh: an option" "$(zsh_completes 'slurm-factory build --matr')" "slurm-factory build --matrix "
    expect "zsh: a choice" "$(zsh_completes 'slurm-factory build --archive g')" "slurm-factory build --archive gz "
    expect "zsh: a file" "$(zsh_completes 'slurm-factory cache keys add files/site.p')" \
        "slurm-factory cache keys add files/site.pub "
fi

# ---- fish
if command -v fish >/dev/null; then
    slurm-factory completion fish >fish.fish
    expect "nothing is said of the script by fish" "$(fish -n fish.fish 2>&1)" ""
    fish_completes() { # LINE
        fish --no-config -c 'source fish.fish; complete -C "$argv"' "$1" | cut -f 1 | sort | tr '\n' ' '
    }
    expect "fish: commands" "$(fish_completes 'slurm-factory b')" "build bundle "
    expect "fish: commands below a command" "$(fish_completes 'slurm-factory cache p')" "prune pull push "
    expect "fish: options" "$(fish_completes 'slurm-factory build --ma')" "--matrix "
    expect "fish: choices" "$(fish_completes 'slurm-factory build --archive ')" "gz zst "
    expect "fish: files" "$(fish_completes 'slurm-factory cache keys add files/')" "files/site.key files/site.pub "
    expect "fish: an option's value is no command" "$(fish_completes 'slurm-factory --root cache pl')" "plan "
fi

# ---- Man pages
slurm-factory man --directory man
expect "every command has a page" "$(cd man && ls | sed -n 's/^slurm-factory-\(.*\)\.1$/\1/p' | sort | tr '\n' ' ')" "$every"
slurm-factory man build >build.1
expect "one page is printed" "$(cmp build.1 man/slurm-factory-build.1 && echo the same)" "the same"
if command -v mandoc >/dev/null; then
    expect "mandoc finds no fault" "$(mandoc -T lint -W warning man/*.1 2>&1)" ""
    text=$(mandoc -T ascii man/slurm-factory-cache.1 | col -b)
    for part in "cache push" "--dry-run" "EXIT STATUS" "slurm-factory-build(1)"; do
        expect "the page of cache has $part" "$(grep -cF -- "$part" <<<"$text" | sed 's/[1-9].*/yes/')" yes
    done
fi
if command -v man >/dev/null && command -v groff >/dev/null; then
    for page in man/*.1; do
        expect "man says nothing of $page" "$(man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)" ""
    done
fi
status=0
out=$(slurm-factory man bild 2>&1) || status=$?
expect "an unknown command is an error" "$status ${out%%$'\n'*}" "2 error: there is no command 'bild'"
((failures == 0))
