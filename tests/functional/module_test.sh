#!/bin/bash
# The module files under the real tools: load, show, unload, and what the system's programs see meanwhile.
# usage: module_test.sh lmod|tcl MODULE_SAMPLE_PROGRAM      exit status 77: skipped
set -euo pipefail

# The tools tidy what they find (doubles in PATH, for one), so start from an environment that is tidy.
if [[ ${SF_CLEAN:-} != yes ]]; then
    exec env -i SF_CLEAN=yes HOME="${HOME:-/}" LANG=C.UTF-8 TERM=dumb COLUMNS=500 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LMOD_PKG="${LMOD_PKG:-}" bash "$0" "$@"
fi

kind=$1 sample=$2
. "$(dirname "$0")/module_tools.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tool"
[[ $kind == lmod ]] || find_tcl_modules "$work/tool" || exit

failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
expect() { # WHAT ACTUAL EXPECTED
    if [[ $2 == "$3" ]]; then echo "ok: $1"; else fail "$1: \"$2\", expected \"$3\""; fi
}
expect_in() { # WHAT TEXT PART
    if [[ $2 == *"$3"* ]]; then echo "ok: $1"; else fail "$1: no \"$3\" in: $2"; fi
}
expect_not_in() { # WHAT TEXT PART
    if [[ $2 != *"$3"* ]]; then echo "ok: $1"; else fail "$1: \"$3\" in: $2"; fi
}
words() { tr -s ' \n' '  ' <<<"$1"; } # Lmod wraps lines

"$sample" "$work"
modules=$work/modules
mkdir "$modules"
for series in 24.11 25.05; do
    expect "the tarball of $series" "$(tar -tzf "$work/slurm-$series-module.tar.gz" | tr '\n' ' ')" \
        "slurm/$series slurm/$series.lua "
    tar -C "$modules" -xzf "$work/slurm-$series-module.tar.gz"
done

# A tree with libraries of its own under names that the system's programs need, too.
make_tree() { # TREE
    mkdir -p "$1"/{bin,sbin,lib,lib-api,include,share/man/man1}
    local name
    for name in libcrypto.so.3 libssl.so.3 libz.so.1 libcurl.so.4 libexpat.so.1 liblz4.so.1; do
        : >"$1/lib/$name"
    done
    : >"$1/lib/libslurm.so.42"
    ln -s ../lib/libslurm.so.42 "$1/lib-api/libslurm.so.42"
    printf '.TH slurmdemo 1\n.SH NAME\nslurmdemo - page of the tree\n' >"$1/share/man/man1/slurmdemo.1"
}
prefix="$work/it's my software"
make_tree "$prefix"

export MODULEPATH=$modules
set +eu # the tools' own scripts are not written for these
"start_$kind" || exit

# ---- Versions side by side
listed=$(module -t avail 2>&1 | sed 's/(.*//' | grep ^slurm/. | tr '\n' ' ')
expect "both versions are listed, once" "$listed" "slurm/24.11 slurm/25.05 "
export SLURM_INSTALL_PREFIX=$prefix
loaded() { (module load "$@" >/dev/null 2>&1; echo "$SLURM_BUILD_VERSION"); }
expect "without a version the highest is loaded" "$(loaded slurm)" 25.05.8
printf '#%%Module\nset ModulesVersion "24.11"\n' >"$modules/slurm/.version"
expect "or the one that .version names" "$(loaded slurm)" 24.11.5
expect "and by its name the other" "$(loaded slurm/25.05)" 25.05.8
rm "$modules/slurm/.version"
printf '#%%Module\nmodule-version slurm/24.11 default stable\n' >"$modules/slurm/.modulerc"
expect "or the one that .modulerc names" "$(loaded slurm)" 24.11.5
expect "a name of the site's own" "$(loaded slurm/stable)" 24.11.5
rm "$modules/slurm/.modulerc"
if [[ $kind == lmod ]]; then
    echo 'module_version("slurm/24.11", "default")' >"$modules/slurm/.modulerc.lua"
    expect "or the one that .modulerc.lua names" "$(loaded slurm)" 24.11.5
    rm "$modules/slurm/.modulerc.lua"
fi

# Never two at a time.
(
    failures=0
    module load slurm/24.11
    message=$(words "$(module load slurm/25.05 2>&1)")
    module load slurm/25.05 >/dev/null 2>&1
    if [[ $kind == lmod ]]; then
        expect_in "another version replaces the first, and says so" "$message" "slurm/24.11 => slurm/25.05"
        expect "it does" "$SLURM_BUILD_VERSION $LOADEDMODULES" "25.05.8 slurm/25.05"
    else
        expect_in "another version is a conflict" "$message" "due to a conflict"
        expect_in "that says how to mend it" "$message" "module unload slurm"
        expect "nothing changes" "$SLURM_BUILD_VERSION $LOADEDMODULES" "24.11.5 slurm/24.11"
        module switch slurm/25.05
        expect "it can be switched" "$SLURM_BUILD_VERSION $LOADEDMODULES" "25.05.8 slurm/25.05"
    fi
    expect "once each" "$(grep -o "$prefix/bin" <<<"$PATH" | wc -l)" 1
    exit "$failures"
)
failures=$((failures + $?))
unset SLURM_INSTALL_PREFIX

# ---- Refusals
before=$(environment)
if [[ -e /opt/slurm ]]; then
    echo "not tested, because /opt/slurm is there: the refusal without a tree"
else
    message=$(words "$(module load slurm/24.11 2>&1)")
    expect_in "the directories looked at are named" "$message" \
        "Slurm 24.11 is in none of /opt/slurm/24.11/software, /opt/slurm/software, /opt/slurm/current"
    expect_in "the message says how to mend it" "$message" "Set SLURM_INSTALL_PREFIX"
    module load slurm/24.11 2>/dev/null
    expect "nothing is set after a refusal" "$(environment)" "$before"
    expect_in "show works without the directory" "$(tr -d '(", \t' < <(module show slurm/24.11 2>&1))" \
        "PATH/opt/slurm/24.11/software/bin"
fi
message=$(words "$(SLURM_INSTALL_PREFIX=$work/gone module load slurm/24.11 2>&1)")
expect_in "a missing directory is named" "$message" "$work/gone does not exist"
for bad in relative/tree "$work/a:b"; do
    mkdir -p "$work/a:b"
    message=$(words "$(SLURM_INSTALL_PREFIX=$bad module load slurm/24.11 2>&1)")
    expect_in "refused: $bad" "$message" "must be an absolute path without a colon, not \"$bad\""
done

# ---- Trees found without the variable
mkdir "$work/default"
"$sample" "$work/default" "$work/default/opt/software"
tar -C "$work/default" -xzf "$work/default/slurm-24.11-module.tar.gz"
found() { # what 24.11 is loaded from
    (export MODULEPATH=$work/default; module load slurm/24.11 >/dev/null 2>&1; echo "${SLURM_ROOT#"$work/default/opt/"}")
}
tree_of() { # SERIES DIRECTORY
    make_tree "$work/default/opt/$2"
    mkdir -p "$work/default/opt/$2/share/slurm-factory"
    printf '{\n  "schema": 1,\n  "series": "%s",\n' "$1" >"$work/default/opt/$2/share/slurm-factory/manifest.json"
}
tree_of 25.05 versions/25.05.8-0
tree_of 24.11 versions/24.11.5-0
ln -s versions/25.05.8-0 "$work/default/opt/current"
expect "a link of deploy to another series is left alone" "$(found)" ""
ln -sfn versions/24.11.5-0 "$work/default/opt/current"
expect "a link of deploy to this series is found" "$(found)" current
tree_of 25.05 software
expect "a tree of another series is passed over" "$(found)" current
rm "$work/default/opt/software/share/slurm-factory/manifest.json"
expect "a tree without a manifest is taken" "$(found)" software
tree_of 24.11 24.11/software
expect "the series' own directory goes first" "$(found)" 24.11/software

# ---- What it sets
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
# shellcheck disable=SC2153 # the module sets it
expect_in "MANPATH keeps the default" "$MANPATH." "$prefix/share/man:"
expect "SLURM_BUILD_VERSION" "$SLURM_BUILD_VERSION" 24.11.5
expect "SLURM_BUILD_TARGET" "$SLURM_BUILD_TARGET" x86_64
expect "SLURM_BUILD_IMAGE" "$SLURM_BUILD_IMAGE" bookworm
expect "SLURM_BUILD_VARIANTS" "$SLURM_BUILD_VARIANTS" "~gtk +pmix"
expect "SLURM_FACTORY_VERSION" "$SLURM_FACTORY_VERSION" 0.1.0

# The system's programs must load nothing of the tree.
for program in curl git ssh python3 man; do
    path=$(command -v "$program") || continue
    libraries=$(ldd "$path" 2>/dev/null) || continue
    expect_not_in "libraries of $program" "$libraries" "$prefix"
done
if command -v manpath >/dev/null; then
    system=$(env -u MANPATH manpath -q)
    expect_in "man searches the tree" "$(manpath -q)" "$prefix/share/man"
    expect_in "man searches the system" "$(manpath -q)" "$system"
fi

# Unloading takes back what was set, also when SLURM_INSTALL_PREFIX has changed meanwhile.
SLURM_INSTALL_PREFIX=/nonexistent
module unload slurm/24.11
SLURM_INSTALL_PREFIX=$prefix
expect "unload restores the environment" "$(environment)" "$before"

# ---- Unload restores what was there, whatever that was
round_trip() { # WHAT [NAME=VALUE]...; in a shell of its own, because the tools remember
    local what=$1 setting before tree=${the_tree:-$prefix}
    shift
    (
        failures=0
        for setting in "$@"; do export "${setting?}"; done
        before=$(environment)
        module load slurm/24.11
        expect "$what: the tree" "$SLURM_PREFIX|${PATH%%:*}|${MANPATH%%:*}" "$tree|$tree/bin|$tree/share/man"
        [[ -z ${manpath:-} ]] || expect "$what: MANPATH" "$MANPATH" "$prefix/share/man:$manpath"
        module unload slurm/24.11
        expect "$what: restored" "$(environment)" "${before//MANPATH=\/own\/man:$'\n'/"MANPATH=${manpath:-}"$'\n'}"
        exit "$failures"
    )
    failures=$((failures + $?))
}
manpath=/own/man round_trip "a user's MANPATH" MANPATH=/own/man
manpath=:/own/man round_trip "a MANPATH with the default first" MANPATH=:/own/man
manpath=/own/man::/b round_trip "a MANPATH with the default inside" MANPATH=/own/man::/b
# Lmod writes an empty entry at the end of any list as two colons, and leaves them; to man they are the same.
if [[ $kind == lmod ]]; then last=/own/man::; else last=/own/man:; fi
manpath=$last round_trip "a MANPATH with the default last" MANPATH=/own/man:
round_trip "lists of a user" LD_LIBRARY_PATH=/own/lib CPATH=/own/include:/second PKG_CONFIG_PATH=/own/pc \
    CMAKE_PREFIX_PATH=/own
round_trip "variables of a user" SLURM_CONF=/own/slurm.conf SLURM_ROOT=/own/root SLURM_PREFIX=/own/prefix \
    SLURM_BUILD_VERSION=9
# Lmod does not know an empty variable from none.
if [[ $kind == tcl ]]; then round_trip "an empty variable" SLURM_ROOT=; fi
round_trip "a configuration" SLURM_CONF=/etc/slurm/slurm.conf
round_trip "a slash at the end" "SLURM_INSTALL_PREFIX=$prefix/"

# The three usual ways to say where the tree is.
for tree in "$work/shared/site-a/slurm/24.11/software" "$work/app/slurm" "$work/home/user/slurm/software"; do
    make_tree "$tree"
    the_tree=$tree round_trip "${tree#"$work"}" "SLURM_INSTALL_PREFIX=$tree"
done

((failures == 0)) || { echo "$failures failed"; exit 1; }
