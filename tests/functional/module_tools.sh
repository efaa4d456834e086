# How the tests get the two tools that read environment modules. Sourced; both functions return 77 where there is none.
# shellcheck shell=bash disable=SC2034,SC1090

# start_lmod: `module` is Lmod's.
start_lmod() {
    local init
    for init in /usr/share/lmod/lmod/init/bash /usr/share/lmod/8*/init/bash "${LMOD_PKG:-/nonexistent}/init/bash"; do
        if [[ -r $init ]]; then
            export LMOD_CACHED_LOADS=no LMOD_PAGER=none
            source "$init"
            return 0
        fi
    done
    echo "skipped: no Lmod (Debian package lmod)"
    return 77
}

# find_tcl_modules DIRECTORY: $modulecmd is the program of Environment Modules. Their package excludes Lmod's, so it is
# unpacked into the directory where it is not installed.
find_tcl_modules() {
    if ! command -v tclsh >/dev/null; then echo "skipped: no tclsh"; return 77; fi
    for modulecmd in /usr/lib/*/modulecmd.tcl /usr/share/Modules/libexec/modulecmd.tcl; do
        if [[ -r $modulecmd ]]; then return 0; fi
    done
    if ! (cd "$1" && apt-get download environment-modules && dpkg-deb -x environment-modules_*.deb .) >"$1/log" 2>&1; then
        echo "skipped: no Environment Modules (Debian package environment-modules)"
        return 77
    fi
    modulecmd=$(echo "$1"/usr/lib/*/modulecmd.tcl)
}

# start_tcl [SHELL]: `module` is that of Environment Modules.
start_tcl() {
    export MODULES_PAGER=
    eval "$(tclsh "$modulecmd" "${1:-bash}" autoinit)"
}

environment() { # exported variables, without the tools' own
    local name
    for name in $(compgen -e | LC_ALL=C sort); do
        case $name in
        _ModuleTable* | _LMFILES_ | LOADEDMODULES | __LMOD* | LMOD_* | __MODULES_* | MODULES_* | _) ;;
        *) echo "$name=${!name}" ;;
        esac
    done
}
