#!/bin/bash
# Environment modules of what the program has built: two versions side by side, in real Lmod and real Environment
# Modules, with completion in bash, and in zsh.
. "$(dirname "$0")/lib.sh"
. "$here/../module_tools.sh"

# ---- Two versions of a small Slurm that ships completion as Slurm does
greet_source
greet_recipe
slurm_source
cat >"$work/src/slurm-1.0/slurm_completion.sh" <<'END'
_sbatch() {
    local cur prev words cword
    _init_completion || return
    COMPREPLY=($(compgen -W "--partition= --nodes=" -- "$cur"))
}
complete -o nospace -F _sbatch sbatch
END
cp -r "$work/src/slurm-1.0" "$work/src/slurm-2.0"
sed -i 's/puts(greet())/(puts("two") < 0 || puts(greet()))/' "$work/src/slurm-2.0/hello.c"
for version in 1.0 2.0; do
    cat >"$work/src/slurm-$version/Makefile" <<'END'
completions := share/bash-completion/completions
hello: hello.c
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ hello.c -lgreet
install: hello
	mkdir -p $(PREFIX)/bin $(PREFIX)/$(completions)
	cp hello $(PREFIX)/bin/
	cp slurm_completion.sh $(PREFIX)/$(completions)/
END
    pack "slurm-$version"
done
{ recipe_head slurm 1.0
  recipe_head slurm 2.0 | sed '1,/^versions:/d'
  cat <<'END'
dependencies: [{spec: greet, type: [build, link]}]
build: {system: make}
END
} >"$recipes/slurm/recipe.yaml"
new_root root
modules=$work/modules
mkdir "$modules"
for version in 1.0 2.0; do
    run 0 factory build --slurm-version "$version"
    mkdir "$work/slurm $version"
    tar -C "$work/slurm $version" -xzf "$root/builds/slurm-$version-software.tar.gz"
    tar -C "$modules" -xzf "$root/builds/slurm-$version-module.tar.gz"
done
expect "the modules side by side" "$(cd "$modules" && find . -type f | LC_ALL=C sort | tr '\n' ' ')" \
    "./slurm/1.0 ./slurm/1.0.lua ./slurm/2.0 ./slurm/2.0.lua "
first=$(sum "$root/builds/slurm-1.0-module.tar.gz")
rm "$root/builds/slurm-1.0-module.tar.gz"
run 0 factory build --slurm-version 1.0
expect "a module tarball is the same when written again" "$(sum "$root/builds/slurm-1.0-module.tar.gz")" "$first"

# ---- The tools, and what else the checks need: installed, or unpacked here
unpacked() { # DIRECTORY PACKAGE...
    mkdir -p "$1"
    local package
    for package in "${@:2}"; do
        (cd "$1" && apt-get download "$package" && dpkg-deb -x "$package"_*.deb .) >>"$work/packages.log" 2>&1 || return
    done
}
tools=()
! (start_lmod >/dev/null) || tools+=(lmod)
mkdir "$work/tcl"
! find_tcl_modules "$work/tcl" || tools+=(tcl)
if ((${#tools[@]} == 0)); then exit 77; fi
bash_completion=/usr/share/bash-completion/bash_completion
if [[ ! -r $bash_completion ]]; then
    bash_completion=$work/bash-completion$bash_completion
    unpacked "$work/bash-completion" bash-completion || bash_completion=
fi
zsh=$(command -v zsh) || zsh=
if [[ -z $zsh ]] && unpacked "$work/zsh" zsh zsh-common; then
    zsh=$work/zsh/bin/zsh
fi

# clean COMMAND...: in an environment that the tools find tidy
clean() {
    env -i HOME="$HOME" LANG=C.UTF-8 TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        MODULEPATH="$modules" modulecmd="${modulecmd:-}" here="$here" work="$work" bash_completion="$bash_completion" "$@"
}
for tool in "${tools[@]}"; do
    # shellcheck disable=SC2016 # for the other shell
    run 0 clean bash -c '
        . "$here/../module_tools.sh"; "start_$1"
        before=$(environment)
        SLURM_INSTALL_PREFIX="$work/slurm 1.0/software" && export SLURM_INSTALL_PREFIX
        module load slurm/1.0 && hello && echo "$SLURM_BUILD_VERSION"
        module unload slurm/1.0
        SLURM_INSTALL_PREFIX="$work/slurm 2.0/software"
        module load slurm && hello && echo "$SLURM_BUILD_VERSION"
        module unload slurm
        unset SLURM_INSTALL_PREFIX
        [ "$(environment)" = "$before" ] && echo restored
        command -v hello || echo "no hello"' bash "$tool"
    expect "$tool: each version runs from its tree, and is gone" "$out" $'hello\n1.0\ntwo\nhello\n2.0\nrestored\nno hello'

    # shellcheck disable=SC2016
    complete='
        state() { complete -p sbatch 2>/dev/null | grep -o "_sbatch sbatch" || echo none; }
        . "$here/../module_tools.sh"; "start_$1"
        export SLURM_INSTALL_PREFIX="$work/slurm 1.0/software"
        state
        module load slurm/1.0
        state
        COMP_WORDS=(sbatch --par) COMP_CWORD=1 COMP_LINE="sbatch --par" COMP_POINT=12 COMPREPLY=()
        [ "$(state)" = none ] || _sbatch sbatch --par sbatch
        echo "completed: ${COMPREPLY[*]}"
        module unload slurm/1.0
        state'
    if [[ -n $bash_completion ]]; then
        out=$(clean bash --norc -i -c '. "$bash_completion"; eval "$2"' bash "$tool" "$complete" 2>"$work/log") || true
        expect "$tool: bash completes while the module is loaded" "$out" \
            $'none\n_sbatch sbatch\ncompleted: --partition=\nnone'
    else
        echo "not tested: completion in bash (Debian package bash-completion)"
    fi
    out=$(clean bash --norc -i -c 'eval "$2"' bash "$tool" "$complete" 2>"$work/log") || true
    expect "$tool: without bash-completion nothing is done" "$out" $'none\nnone\ncompleted: \nnone'
    expect_not_in "$tool: and nothing said" "$(cat "$work/log")" completion
    run 0 clean bash -c 'eval "$2"' bash "$tool" "$complete"
    expect "$tool: nor in a script" "$out" $'none\nnone\ncompleted: \nnone'

    if [[ -n $zsh ]]; then
        # shellcheck disable=SC2016
        run 0 clean zsh_root="${zsh%/bin/zsh}" "$zsh" -f -c '
            [[ $ZSH_NAME == zsh ]] || exit
            [[ $zsh_root == "$work"/* ]] && module_path=($zsh_root/usr/lib/*/zsh/*(/)) \
                fpath=($zsh_root/usr/share/zsh/functions/*(/))
            if [[ $1 == lmod ]]; then . /usr/share/lmod/lmod/init/zsh; else eval "$(tclsh $modulecmd zsh autoinit)"; fi
            export SLURM_INSTALL_PREFIX="$work/slurm 1.0/software"
            before=$PATH
            module load slurm/1.0 && hello && echo $SLURM_BUILD_VERSION
            module unload slurm/1.0
            [[ $PATH == $before ]] && echo restored' zsh "$tool"
        expect "$tool: zsh loads and unloads" "$out" $'hello\n1.0\nrestored'
    else
        echo "not tested: zsh (Debian package zsh)"
    fi
done
finish
