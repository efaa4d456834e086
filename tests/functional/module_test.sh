#!/bin/bash
# The module file under a real Lmod: load, show, unload, and what the system's programs see meanwhile.
# usage: module_test.sh MODULE_SAMPLE_PROGRAM      exit status 77: skipped
set -euo pipefail

# Lmod tidies what it finds (doubles in PATH, for one), so start from an environment that is tidy.
if [[ ${SF_CLEAN:-} != yes ]]; then
    exec env -i SF_CLEAN=yes HOME="${HOME:-/}" LANG=C.UTF-8 TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LMOD_PKG="${LMOD_PKG:-}" bash "$0" "$@"
fi

sample=$1
init=
for candidate in /usr/share/lmod/lmod/init/bash /usr/share/lmod/8*/init/bash "${LMOD_PKG:-/nonexistent}/init/bash"; do
    if [[ -r $candidate ]]; then init=$candidate; break; fi
done
if [[ -z $init ]]; then echo "skipped: no Lmod (Debian package lmod)"; exit 77; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
expect() { # WHAT ACTUAL EXPECTED
    if [[ $2 == "$3" ]]; then echo "ok: $1"; else fail "$1: \"$2\", expected \"$3\""; fi
}
expect_in() { # WHAT TEXT PART
    if [[ $2 == *"$3"* ]]; then echo "ok: $1"; else fail "$1: no \"$3\" in: $2"; fi
}

"$sample" "$work"
mkdir "$work/modules"
expect "the tarball holds one file" "$(tar -tzf "$work/slurm-24.11-module.tar.gz")" slurm/24.11.lua
tar -C "$work/modules" -xzf "$work/slurm-24.11-module.tar.gz"
mkdir -p "$work/modules/slurm" "$work/modules/other"
printf 'whatis("another Slurm")\n' > "$work/modules/slurm/23.02.lua"

# A tree with libraries of its own under names that the system's programs need, too.
prefix="$work/my software"
mkdir -p "$prefix"/{bin,sbin,lib,lib-api,include,share/man/man1}
for name in libcrypto.so.3 libssl.so.3 libz.so.1 libcurl.so.4 libexpat.so.1 liblz4.so.1; do
    : > "$prefix/lib/$name"
done
: > "$prefix/lib/libslurm.so.42"
ln -s ../lib/libslurm.so.42 "$prefix/lib-api/libslurm.so.42"
printf '.TH slurmdemo 1\n.SH NAME\nslurmdemo - page of the tree\n' > "$prefix/share/man/man1/slurmdemo.1"

export MODULEPATH="$work/modules" LMOD_CACHED_LOADS=no LMOD_PAGER=none
set +u
source "$init"
environment() { # exported variables, without Lmod's own
    local name
    for name in $(compgen -e | LC_ALL=C sort); do
        case $name in
        _ModuleTable* | _LMFILES_ | LOADEDMODULES | __LMOD* | LMOD_* | _) ;;
        *) echo "$name=${!name}" ;;
        esac
    done
}
before=$(environment)

# Without the directory: a clear refusal, and nothing set. Looking at the module must work all the same.
message=$(module load slurm/24.11 2>&1) || true # Lmod wraps lines
expect_in "a missing directory is named" "$(echo $message)" "/opt/slurm/software does not exist"
expect_in "the message says how to mend it" "$message" "Set SLURM_INSTALL_PREFIX"
shown=$(module show slurm/24.11 2>&1)
expect_in "show works without the directory" "$shown" 'prepend_path("PATH","/opt/slurm/software/bin")'
module load slurm/24.11 2>/dev/null || true
expect "nothing is set after a refusal" "$(environment)" "$before"

export SLURM_INSTALL_PREFIX=$prefix
before=$(environment)
expect_in "help names the version" "$(module help slurm/24.11 2>&1)" "Slurm 24.11.5"
expect_in "whatis names the variants" "$(module whatis slurm/24.11 2>&1)" "~gtk +pmix"
module load slurm/24.11
expect "SLURM_ROOT" "$SLURM_ROOT" "$prefix"
expect "SLURM_PREFIX" "$SLURM_PREFIX" "$prefix"
expect "PATH starts with bin and sbin" "${PATH:0:$((${#prefix} * 2 + 10))}" "$prefix/bin:$prefix/sbin"
expect "LD_LIBRARY_PATH" "$LD_LIBRARY_PATH" "$prefix/lib-api"
expect "CPATH" "$CPATH" "$prefix/include"
expect "PKG_CONFIG_PATH" "$PKG_CONFIG_PATH" "$prefix/lib/pkgconfig"
expect "CMAKE_PREFIX_PATH" "$CMAKE_PREFIX_PATH" "$prefix"
expect "MANPATH keeps the default" "$MANPATH" "$prefix/share/man::"
expect "SLURM_BUILD_VERSION" "$SLURM_BUILD_VERSION" 24.11.5
expect "SLURM_BUILD_TARGET" "$SLURM_BUILD_TARGET" x86_64
expect "SLURM_BUILD_IMAGE" "$SLURM_BUILD_IMAGE" bookworm
expect "SLURM_BUILD_VARIANTS" "$SLURM_BUILD_VARIANTS" "~gtk +pmix"
expect "SLURM_FACTORY_VERSION" "$SLURM_FACTORY_VERSION" 0.1.0

# The system's programs must load nothing of the tree.
for program in curl git ssh python3 man; do
    path=$(command -v "$program") || continue
    libraries=$(ldd "$path" 2>/dev/null) || continue
    if [[ $libraries == *"$prefix"* ]]; then fail "$program loads from the tree: $libraries"; else echo "ok: $program"; fi
done
if command -v manpath >/dev/null; then
    system=$(env -u MANPATH manpath -q)
    expect_in "man searches the tree" "$(manpath -q)" "$prefix/share/man"
    expect_in "man searches the system" "$(manpath -q)" "$system"
fi

message=$(module load slurm/23.02 2>&1) || true
expect_in "another Slurm conflicts or replaces" "$message" "slurm/23.02"

# Unloading takes back what was set, also when SLURM_INSTALL_PREFIX has changed meanwhile.
SLURM_INSTALL_PREFIX=/nonexistent
module unload slurm/24.11
SLURM_INSTALL_PREFIX=$prefix
expect "unload restores the environment" "$(environment)" "$before"

export MANPATH=/own/man LD_LIBRARY_PATH=/own/lib
before=$(environment)
module load slurm/24.11
expect "MANPATH before a user's own" "$MANPATH" "$prefix/share/man:/own/man::"
expect "LD_LIBRARY_PATH before a user's own" "$LD_LIBRARY_PATH" "$prefix/lib-api:/own/lib"
module unload slurm/24.11
expect "unload keeps a user's own" "$(environment)" "$before"

if ((failures > 0)); then echo "$failures failed"; exit 1; fi
