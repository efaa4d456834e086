#!/bin/bash
# ccache in the sandboxes: a directory of its own, a storage that two roots share, and distcc behind it.
. "$(dirname "$0")/lib.sh"
command -v distccd >/dev/null || { echo "skipped: distcc is not installed"; exit 77; }
usual_packages
# A header in a directory that the compiler is given by its full path, as CMake gives it, and whose name gets into the code.
mkdir "$work/src/greet-1.0/sub"
echo 'static const char* where(void) { return __FILE__; }' >"$work/src/greet-1.0/sub/where.h"
printf '%s\n' '#include <where.h>' 'const char* greet_where(void) { return where(); }' >>"$work/src/greet-1.0/greet.c"
cat >>"$work/src/greet-1.0/Makefile" <<'END'
greet.o: greet.c greet.h
	$(CC) -I$(CURDIR)/sub $(CPPFLAGS) $(CFLAGS) $(if $(LOUD),-DLOUD) -fPIC -c greet.c
END
# What links does not go through ccache, so the object is made by itself.
sed -i '/^libgreet/ s/greet.c greet.h/greet.o/; / -c greet.c$/ {/sub/! d}; / -shared / s/greet.c$/greet.o/' \
    "$work/src/greet-1.0/Makefile"
pack greet-1.0 && greet_recipe
use_image() { # the image with ccache, made by the first root
    root=$work/$1
    mkdir -p "$root"
    [[ -z ${images:-} ]] || { cp "$images"/../state.db* "$root/" && ln -s "$images" "$root/images"; }
}
ccache_build() {
    "$TOOL" --root "$root" --images "$here/images" --image tiny-ccache --recipes "$recipes" build --slurm-version 1.0 "$@"
}
figures_of() { # PACKAGE EVENTS: compilations of its build that ccache knew, and did not know
    python3 -c '
import json, sys
events = [json.loads(line) for line in open(sys.argv[2])]
print([(e["compiler_hits"], e["compiler_misses"]) for e in events
       if e["event"] == "package_built" and e["package"] == sys.argv[1]])' "$1" "$2"
}

use_image first
cat >"$root/config.yaml" <<END
network: {retries: 0}
levers: {ccache: true}
compiler: {directory: $work/first-cache, remote: $work/shared-cache}
END
run 2 "$TOOL" --root "$root" --images "$here/images" image remove tiny-ccache
run 0 "$TOOL" --root "$root" --images "$here/images" image build tiny-ccache
images=$root/images
run 0 ccache_build --events "$work/first-events"
expect_in "nothing is known at first" "$out" "3 packages built" "; 0 of "
expect "the library's objects are compiled" "$(figures_of greet@1.0 "$work/first-events")" "[(0, 1)]"
expect_true "objects are in the directory" [ -n "$(ls "$work/first-cache")" ]
expect_true "and in the shared storage" [ -n "$(ls "$work/shared-cache")" ]
sum=$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")

use_image second
cat >"$root/config.yaml" <<END
network: {retries: 0}
compiler: {remote: $work/shared-cache}
END
run 0 ccache_build --events "$work/second-events"
expect_in "another root builds, with ccache by default" "$out" "3 packages built" "compilations from ccache"
expect_not_in "of what the first has compiled" "$out" "; 0 of "
expect "each package has its own figures" "$(figures_of greet@1.0 "$work/second-events")" "[(1, 0)]"
expect "also one that compiles nothing" "$(figures_of helper@1.0 "$work/second-events")" "[(0, 0)]"
expect "the same bytes" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$sum"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
touch "$work/distccd.log"
chmod 666 "$work/distccd.log" # it becomes another user
chmod 755 "$work"
distccd --daemon --no-detach --no-fork --listen 127.0.0.1 --allow 127.0.0.1 --port "$port" --user nobody --jobs 2 \
    --log-file "$work/distccd.log" --log-level info >/dev/null 2>&1 &
children+=("$!")
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
within 10 listens
use_image third
cat >"$root/config.yaml" <<END
network: {retries: 0}
levers: {ccache: true}
compiler:
  prefix: distcc
  variables: {DISTCC_HOSTS: "127.0.0.1:$port", DISTCC_FALLBACK: "0", DISTCC_DIR: /tmp}
END
run 0 ccache_build
expect_in "it says what builds see now" "$out" "builds see the host's network"
expect_in "the other machine compiles" "$(cat "$work/distccd.log")" "COMPILE_OK"
expect "the same bytes again" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$sum"

# A package's script that wants to be run with the compilations of others, and to give them objects.
use_image hostile
echo 'network: {retries: 0}' >"$root/config.yaml"
cat >>"$recipes/greet/recipe.yaml" <<'END'
  steps:
    prepare: |
      printf '#!/bin/sh\necho run by another >&2\nexec "$@"\n' >"$CCACHE_DIR/evil"
      chmod 755 "$CCACHE_DIR/evil"
      printf 'prefix_command = %s/evil\nrecache = true\n' "$CCACHE_DIR" >"$CCACHE_DIR/ccache.conf"
END
slurm_recipe "" $'    build: |\n      ls "$CCACHE_DIR/evil" || true\n      $CC $CPPFLAGS -c hello.c\n      make'
run 0 ccache_build
expect_not_in "a package's configuration of ccache is not read" "$(cat "$root"/logs/*.log)" "run by another"
expect_in "others do not see what it keeps" "$(cat "$root"/logs/slurm-*.log)" "evil': No such file"
expect "which is in its own directory only" "$(cd "$root/cache/ccache" && find . -name evil -o -name ccache.conf | sort | xargs)" \
    "./packages/greet/ccache.conf ./packages/greet/evil"
expect "and the directory above is not a package's" \
    "$(stat -c %u "$root/cache/ccache/packages" "$root/cache/ccache/packages/greet" | xargs)" "0 65521"
greet_recipe

# A budget is kept by all packages together.
mkdir -p "$root/cache/ccache/packages/greet/0"
head -c 2M /dev/zero >"$root/cache/ccache/packages/greet/0/old"
touch -d '3 days ago' "$root/cache/ccache/packages/greet/0/old"
printf '%s\n' 'cache: {compiler: 1MiB}' >>"$root/config.yaml"
slurm_recipe "" $'    build: |\n      make && echo anew'
run 0 ccache_build
expect "what was used longest ago goes with a build" "$(ls "$root/cache/ccache/packages/greet/0")" ""
slurm_recipe

use_image fourth
cat >"$root/config.yaml" <<END
network: {retries: 0}
levers: {ccache: false}
END
run 0 ccache_build
expect_not_in "no ccache" "$out" "compilations from ccache"
expect "the same bytes without one" "$(sha256sum <"$root/builds/slurm-1.0-software.tar.gz")" "$sum"

echo 'compiler: {variables: {CFLAGS: -O3}}' >"$root/config.yaml"
run 3 ccache_build
expect_in "not any variable" "$out" "config.yaml:1:" "'CFLAGS' is not one of CCACHE_*, DISTCC_* and ICECC_*"
finish
