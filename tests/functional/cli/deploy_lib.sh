# What the tests of `deploy` share: small bundles whose slurm has the version of a real release.
# shellcheck shell=bash disable=SC2154 # the variables of lib.sh

slurm_release() { # VERSION: $work/bundles/VERSION.tar.gz, of a slurm with daemons that wait and a program that says VERSION
    local version=$1 directory=$work/src/slurm-$1
    mkdir -p "$directory" "$work/bundles"
    cat >"$directory/hello.c" <<'END'
#include <greet.h>
#include <stdio.h>
int main(void) { return printf("%s from " VERSION "\n", greet()) < 0; }
END
    printf '#include <unistd.h>\nint main(void) { return pause(); }\n' >"$directory/wait.c"
    cat >"$directory/Makefile" <<END
all:
	\$(CC) \$(CPPFLAGS) \$(CFLAGS) -DVERSION='"$version"' \$(LDFLAGS) -o hello hello.c -lgreet
	\$(CC) \$(CFLAGS) \$(LDFLAGS) -o wait wait.c
install: all
	mkdir -p \$(PREFIX)/bin \$(PREFIX)/sbin
	cp hello \$(PREFIX)/bin/
	cp wait \$(PREFIX)/sbin/slurmctld
	cp wait \$(PREFIX)/sbin/slurmd
END
    pack "slurm-$version"
    { recipe_head slurm "$version"
      cat <<'END'
variants:
  minimal: {default: false, description: "Less."}
dependencies:
  - {spec: greet, type: [build, link]}
  - {spec: more, type: [build, link]}
build:
  system: make
  steps:
    configure: "true"
END
    } >"$recipes/slurm/recipe.yaml"
    run 0 factory build --slurm-version "$version" --archive gz,zst
    for kind in gz zst; do
        cp "$root/builds/slurm-$version-software.tar.$kind" "$work/bundles/$version.tar.$kind"
    done
}
more_package() { # a library's worth of files whose names are not easy
    mkdir -p "$work/src/more-1.0" "$recipes/more"
    head -c 300000 /dev/urandom >"$work/src/more-1.0/bytes"
    pack more-1.0
    { recipe_head more 1.0
      cat <<'END'
build:
  system: custom
  steps:
    install: |
      mkdir -p "$PREFIX/share/more/empty" "$PREFIX/share/more/a b"
      cp bytes "$PREFIX/share/more/"
      echo x >"$PREFIX/share/more/a b/-c *"
      ln -s "../bytes" "$PREFIX/share/more/a b/link"
      for i in 1 2 3 4 5 6 7 8 9; do echo $i >"$PREFIX/share/more/file$i"; done
END
    } >"$recipes/more/recipe.yaml"
}
bundles() { # VERSION...
    rm -r "$recipes/helper"
    greet_source && greet_recipe && more_package
    new_root root
    for version; do slurm_release "$version"; done
}
id_of() { # VERSION[.KIND]: its name on a node
    echo "${1%.tar.*}-$(sha256sum "$work/bundles/$1" | cut -c 1-12)"
}
tree_of() { # DIRECTORY: all that makes a tree what it is
    (cd "$1" && find . -printf '%p %y %m %U:%G %l %T@\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum)
}
# active PREFIX LINK: what the link names, as versions/ID; somebody's own link as it is; nothing without one.
active() {
    local to
    to=$(readlink "$1/$2") || return 0
    [[ $to != ".active/$2" ]] || to=$(readlink "$1/.active/$2") || return 0
    echo "${to#../../}"
}
