# What the scripts of this directory share; each sources it first. They are called with the program as $1 and need root.
#
# A script that mounts something sets private_mounts=yes before.
#
# SF_TEST_ROOT is a directory below which image_root.sh has made the base image (in image/); each script works in a
# directory of its own beside it, on the same file system, so that an image of its own costs hard links only.
# shellcheck shell=bash disable=SC2034,SC2120 # the variables and functions are for the scripts
set -euo pipefail

if [[ $EUID != 0 ]]; then echo "skipped: needs root"; exit 77; fi
if [[ ${private_mounts:-} == yes && -z ${SF_PRIVATE_MOUNTS:-} ]]; then
    SF_PRIVATE_MOUNTS=yes exec unshare --mount --propagation private "$0" "$@"
fi
TOOL=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
test_root=${SF_TEST_ROOT:?}
image_root=$test_root/image
mkdir -p "$test_root"
work=$(mktemp -d "$test_root/$(basename "$0" .sh).XXXXXX")
recipes=$work/recipes
archives=$work/archives
mkdir -p "$recipes"/{greet,helper,slurm} "$archives" "$work/home"
export HOME=$work/home LC_ALL=C
# The made-up Slurm 1.0 is older than the fix of every hole of the real one, so there are no advisories; a script that is
# about those sets shipped_advisories=yes before.
if [[ ${shipped_advisories:-} != yes ]]; then
    mkdir "$work/data"
    for part in recipes images init smoke floor; do ln -s "$(realpath "$here/../../../$part")" "$work/data/"; done
    export SLURM_FACTORY_DATA=$work/data
fi
unset SLURM_FACTORY_ROOT SLURM_FACTORY_JOBS SLURM_FACTORY_OFFLINE SLURM_FACTORY_MIRRORS
children=()
clean_up() {
    for child in "${children[@]}"; do
        { kill -9 "$child" && wait "$child"; } 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT

# ---- Saying what is expected

failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
ok() { echo "ok: $*"; }
expect() { # WHAT ACTUAL EXPECTED
    if [[ $2 == "$3" ]]; then ok "$1"; else fail "$1: \"$2\", expected \"$3\""; fi
}
expect_in() { # WHAT TEXT PART...
    local what=$1 text=$2 part
    shift 2
    for part in "$@"; do
        if [[ $text != *"$part"* ]]; then fail "$what: no \"$part\" in:"$'\n'"$text"; return 0; fi
    done
    ok "$what"
}
expect_not_in() { # WHAT TEXT PART
    if [[ $2 != *"$3"* ]]; then ok "$1"; else fail "$1: \"$3\" in:"$'\n'"$2"; fi
}
expect_true() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then ok "$what"; else fail "$what: $*"; fi
}
finish() {
    if ((failures > 0)); then echo "$failures failed"; exit 1; fi
    exit 0
}

run() { # STATUS COMMAND...: $out is what it printed
    local want=$1 status=0
    shift
    out=$("$@" 2>&1) || status=$?
    if [[ $status != "$want" ]]; then fail "exit status $status, expected $want, of: $*"$'\n'"$out"; fi
}
within() { # SECONDS COMMAND...: true as soon as the command is
    local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@"; do
        if ((${EPOCHREALTIME/./} > end)); then return 1; fi
        sleep 0.05
    done
}

# ---- The program

without() { # PROGRAM COMMAND...: which does not find the program
    local hidden=$work/without-$1 directory program
    if [[ ! -d $hidden ]]; then
        mkdir "$hidden"
        for directory in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
            for program in "$directory"/*; do
                [[ ! -x $program || $(basename "$program") == "$1" ]] || ln -sf "$program" "$hidden/" 2>/dev/null
            done
        done
    fi
    (PATH=$hidden && shift && "$@")
}
new_root() { # NAME [own]: $root is a fresh root that has the base image, by a link, or as its own to lock and remove
    root=$work/$1
    mkdir -p "$root"
    if [[ ${2:-} == own ]]; then
        cp -al "$image_root/images" "$root/" # files in the image are everybody's and must not be changed
        rm -r "$root/images/locks"
    else
        ln -s "$image_root/images" "$root/images"
    fi
    cp "$image_root"/state.db* "$root/"
    echo 'network: {retries: 0}' >"$root/config.yaml"
}
factory() {
    "$TOOL" --root "$root" --images "$here/images" --image tiny --recipes "$recipes" "$@"
}
build() { factory build --slurm-version 1.0 "$@"; }
build_in_background() { # LOG OPTION...: $pid is the program's
    local log=$1
    shift
    env --default-signal=HUP "$TOOL" --root "$root" --images "$here/images" --image tiny --recipes "$recipes" build \
        --slurm-version 1.0 "$@" >"$log" 2>&1 &
    pid=$!
    children+=("$pid")
}
# What a stopped or failed run may leave in ROOT/work is at most its empty lock files.
leftovers() {
    [[ -d $root/work ]] || return 0
    (cd "$root/work" && find . -mindepth 1 ! -path './lock*' ! -type d && find . -mindepth 1 -maxdepth 1 -name '*.??????')
}
expect_no_leftovers() { # WHAT
    expect "$1: nothing is left in work/" "$(leftovers)" ""
    expect "$1: nothing is mounted" "$(grep -F "$work/" /proc/mounts || true)" ""
}

# ---- Fixture packages: slurm (a program `hello`) links greet (a library) and is built with helper (a build tool)

sum() { sha256sum "$1" | cut -d ' ' -f 1; }
pack() { # NAME-VERSION: its archive, of the directory $work/src/NAME-VERSION
    tar -C "$work/src" --sort=name --owner=0 --group=0 --mtime=@0 -czf "$archives/$1.tar.gz" "$1"
}
recipe_head() { # NAME VERSION
    cat <<END
name: $1
description: A fixture of the tests.
license: MIT
versions:
  - version: "$2"
    sources:
      - url: ${source_base:-file://$archives}/$1-$2.tar.gz
        sha256: $(sum "$archives/$1-$2.tar.gz")
END
}

greet_source() {
    mkdir -p "$work/src/greet-1.0"
    cat >"$work/src/greet-1.0/greet.h" <<'END'
const char* greet(void);
END
    cat >"$work/src/greet-1.0/greet.c" <<'END'
#include "greet.h"
#ifdef LOUD
const char* greet(void) { return "HELLO"; }
#else
const char* greet(void) { return "hello"; }
#endif
END
    cat >"$work/src/greet-1.0/Makefile" <<'END'
all: libgreet.so.1 libgreet.a
libgreet.so.1: greet.c greet.h
	$(CC) $(CPPFLAGS) $(CFLAGS) $(if $(LOUD),-DLOUD) -fPIC -shared -Wl,-soname,libgreet.so.1 $(LDFLAGS) -o $@ greet.c
libgreet.a: greet.c greet.h
	$(CC) $(CPPFLAGS) $(CFLAGS) -c greet.c
	ar rcs $@ greet.o
install: all
	mkdir -p $(PREFIX)/lib/pkgconfig $(PREFIX)/include
	cp libgreet.so.1 libgreet.a $(PREFIX)/lib/
	ln -s libgreet.so.1 $(PREFIX)/lib/libgreet.so
	echo "# libtool" >$(PREFIX)/lib/libgreet.la
	cp greet.h $(PREFIX)/include/
	printf 'prefix=%s\nName: greet\nDescription: greets\nVersion: 1.0\nLibs: -L$${prefix}/lib -lgreet\n' $(PREFIX) \
	  >$(PREFIX)/lib/pkgconfig/greet.pc
END
    pack greet-1.0
}
greet_recipe() { # EXTRA LINES
    { recipe_head greet 1.0
      cat <<'END'
variants:
  loud: {default: false, description: "Shouts."}
  tone: {default: major, values: [major, minor], description: "Of no consequence."}
build:
  system: make
  make: [all, {arg: LOUD=1, when: "+loud"}]
END
      printf '%s\n' "$@"
    } >"$recipes/greet/recipe.yaml"
}
helper_source() {
    mkdir -p "$work/src/helper-1.0"
    printf '#!/bin/sh\necho helped\n' >"$work/src/helper-1.0/helper"
    pack helper-1.0
}
helper_recipe() {
    { recipe_head helper 1.0
      cat <<'END'
build:
  system: custom
  steps:
    install: |
      mkdir -p "$PREFIX/bin"
      cp helper "$PREFIX/bin/helper"
      chmod 755 "$PREFIX/bin/helper"
END
    } >"$recipes/helper/recipe.yaml"
}
slurm_source() {
    mkdir -p "$work/src/slurm-1.0"
    cat >"$work/src/slurm-1.0/hello.c" <<'END'
#include <greet.h>
#include <stdio.h>
int main(void) { return puts(greet()) < 0; }
END
    cat >"$work/src/slurm-1.0/Makefile" <<'END'
hello: hello.c
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ hello.c -lgreet
install: hello
	mkdir -p $(PREFIX)/bin $(PREFIX)/share/slurm
	cp hello $(PREFIX)/bin/
	helper >$(PREFIX)/share/slurm/helped
END
    pack slurm-1.0
}
slurm_recipe() { # DEPENDENCIES STEPS: lines of the mappings `dependencies` and `steps` in place of the usual ones
    { recipe_head slurm 1.0
      echo "variants:"
      echo "  minimal: {default: false, description: \"Less.\"}"
      echo "dependencies:"
      printf '%s\n' "${1:-  - {spec: greet, type: [build, link]\}
  - {spec: helper, type: build\}}"
      echo "build:"
      echo "  system: make"
      echo "  configure: [{arg: some, when: \"+minimal\"}]"
      echo "  steps:"
      echo "    configure: |"
      echo "      echo \"configured with \$*\""
      printf '%s\n' "${2:-}"
    } >"$recipes/slurm/recipe.yaml"
}
usual_packages() {
    greet_source && helper_source && slurm_source
    greet_recipe && helper_recipe && slurm_recipe
}
# A build tool for packages with patches. Real base images have patch(1); to the tiny one the host lends its own.
patch_package() {
    mkdir -p "$work/src/patch-1.0" "$recipes/patch"
    cp "$(command -v patch)" "$work/src/patch-1.0/"
    pack patch-1.0
    { recipe_head patch 1.0
      cat <<'END'
build: {system: custom, steps: {install: 'mkdir -p "$PREFIX/bin" && cp patch "$PREFIX/bin/"'}}
END
    } >"$recipes/patch/recipe.yaml"
}
