#!/bin/bash
# Base images made to reach the host that imports them: links, odd files, and programs that run while it does.
. "$(dirname "$0")/lib.sh"
new_root main own
importing=("$TOOL" --root "$root" --images "$here/images" image import hostile --like tiny)
import() { timeout --kill-after=1 100 "${importing[@]}" "$@"; }
digest_of() { awk -v name="$1" '$1 == name { print $2 }' <<<"$out"; }
images() {
    find "$root/images" -mindepth 1 -maxdepth 1 ! -name locks ! -name recipes
    find "$root/images" -path '*/recipes/*'
    leftovers
}

# ---- What must stay as it is
victim=$work/victim
mkdir -p "$victim/directory"
echo precious >"$victim/directory/kept"
printf 'root:x:0:0::/root:/bin/sh\n' >"$victim/file"
mkfifo "$victim/pipe"
untouched() { (cd "$victim" && find . -printf '%p %M %U %G %s %T@\n' | sort && cat file directory/*) | sha256sum; }
before=$(untouched)

# ---- The smallest systems: a shell and its libraries
small() { # DIRECTORY: a new one
    rm -rf "$1"
    mkdir -p "$1"/{bin,dev,etc,proc,run,sys,tmp,usr,var/tmp,var/log}
    local file
    for file in /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*'); do
        install -D "$(realpath "$file")" "$1$file"
    done
    echo small >"$1/etc/issue"
}
small "$work/small"

# ---- Links to the host, from a directory and from an archive
hostile() { # NAME [PATH TARGET]...: a small system with these links, and an archive of it
    local system=$work/$1
    cp -a "$work/small" "$system"
    shift
    while (($# > 0)); do
        rm -rf "${system:?}/$1"
        mkdir -p "$(dirname "$system/$1")"
        ln -s "$2" "$system/$1"
        shift 2
    done
    tar -C "$system" -cf "$system.tar" .
}
refused() { # NAME PATH: for what is at that path
    expect_in "$1: refused" "$out" "/$2 of this system is neither a directory" "importing the base image 'hostile'"
    expect "$1: the host is as it was" "$(untouched)" "$before"
}
taken() { # NAME
    local image
    image=$root/images/$(digest_of hostile)/rootfs
    expect "$1: the host is as it was" "$(untouched)" "$before"
    expect_in "$1: the image has accounts of its own" "$(cat "$image/etc/passwd" "$image/etc/group")" $'builder:x:' \
        ":/build:/bin/sh"
    run 0 factory image remove hostile
}
clean=$(images)
for name in run var; do
    hostile "link-$name" "$name" "$victim/directory"
    for place in "$work/link-$name" "$work/link-$name.tar"; do
        run 3 import "$place"
        refused "${place##*/}" "$name"
    done
done
for name in etc build opt/slurm; do
    hostile "link-${name/\//-}" "$name" "$victim/directory"
    run 3 import "$work/link-${name/\//-}.tar"
    refused "link to $name" "$name"
done
hostile climbing var/tmp "../../../../../../../../../../../..$victim/directory"
run 3 import "$work/climbing"
refused climbing var/tmp
hostile ring run run
run 3 import "$work/ring"
refused ring run
hostile shell bin/sh "$victim/file"
run 3 import "$work/shell"
expect_in "a shell of the host is none of the system's" "$out" "it has no /bin/sh"
hostile link-accounts etc/passwd "$victim/file" etc/group "$victim/pipe" etc/hostname "$victim/file" \
    var/log "$victim/directory" var/lib/apt/lists "$victim/directory" usr/share/slurm-factory "$victim/directory"
for place in "$work/link-accounts" "$work/link-accounts.tar"; do
    run 0 import "$place"
    taken "${place##*/}"
done

# ---- The same by OCI images and registries: the link in one layer, more in the next
if command -v umoci >/dev/null && command -v skopeo >/dev/null; then
    umoci init --layout "$work/layout"
    layered() { # TAG ARCHIVE...: an image of these layers
        local tag=$1 layer
        shift
        umoci new --image "$work/layout:$tag"
        for layer; do umoci raw add-layer --image "$work/layout:$tag" "$layer" >/dev/null; done
    }
    tar -C "$work/small" -cf "$work/small.tar" .
    mkdir "$work/upper"
    mkdir -p "$work/upper/run" && echo more >"$work/upper/run/more"
    tar -C "$work/upper" -cf "$work/upper.tar" run/more
    layered run "$work/link-run.tar"
    layered through "$work/link-run.tar" "$work/upper.tar"
    layered accounts "$work/small.tar" "$work/link-accounts.tar"
    port=
    if command -v docker-registry >/dev/null; then
        . "$here/../../support/registry.sh"
        start_registry registry
        children+=("$registry")
    fi
    oci_attack() { # STATUS TAG PART: from the layout, and from a registry
        for place in "oci:$work/layout:$2" ${port:+"docker://127.0.0.1:$port/attacks:$2"}; do
            if [[ $place == docker:* ]]; then
                skopeo copy -q --dest-tls-verify=false "oci:$work/layout:$2" "$place"
            fi
            run "$1" import "$place"
            expect_in "$2: ${place%%:*}: what is said" "$out" "$3"
            expect "$2: ${place%%:*}: the host is as it was" "$(untouched)" "$before"
            [[ $1 != 0 ]] || taken "$2: ${place%%:*}"
        done
    }
    oci_attack 3 run "/run"
    oci_attack 9 through 'the entry "run/more" lies behind a symbolic link'
    oci_attack 0 accounts "hostile"
    expect "no layer of a refused image is kept" "$(ls "$root/images/incoming")" ""
    rm -rf "$root/images/incoming"
fi

# ---- Entries that only a program writes
python3 - "$work" "$victim" <<'END'
import io, sys, tarfile
work, victim = sys.argv[1:]
def archive(name, *entries):
    with tarfile.open(f"{work}/{name}.tar", "w") as tar:
        for path, kind, target in entries:
            info = tarfile.TarInfo(path)
            info.type, info.linkname, info.mode = kind, target, 0o777
            data = b"owned" if kind == tarfile.REGTYPE else b""
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
file, link, hard, directory = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
# Longer than a path may be for the kernel: it can only be gone step by step, and then through the link.
deep = "/".join(["d" * 200] * 25)
archive("deep", (deep + "/way", link, victim + "/directory"), (deep + "/way/new", file, ""))
archive("directory-over-link", ("run", link, victim + "/directory"), ("run", directory, ""))
archive("hard-link-to-link", ("way", link, victim + "/file"), ("new", hard, "way"), ("new", file, ""))
archive("escapes", ("way\n\x1b]0;owned\x07", link, victim), ("way\n\x1b]0;owned\x07/file", file, ""))
END
for name in hard-link-to-link escapes; do
    run 9 import "$work/$name.tar"
    expect_in "$name: refused" "$out" 'the entry "'
    expect_not_in "$name: no escape sequence" "$out" $'\e'
    expect "$name: the host is as it was" "$(untouched)" "$before"
done
run 9 import "$work/deep.tar"
expect_in "a path too long for the kernel: refused" "$out" "a path in it is"
expect "the host is as it was" "$(untouched)" "$before"
run 3 import "$work/directory-over-link.tar"
expect_in "a directory takes a link's place" "$out" "it has no /bin/sh"
expect "the link's target is as it was" "$(untouched)" "$before"

# ---- Files that are none
cp -a "$work/small" "$work/odd"
mkfifo "$work/odd/etc/passwd" "$work/odd/bin/pipe"
mknod "$work/odd/etc/disk" b 7 200
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$work/odd/etc/socket"
install -m 6755 /bin/true "$work/odd/bin/setuid"
touch "$work/odd/etc/"$'line\nbreak\e[31m'
tar -C "$work/odd" -cf "$work/odd.tar" .
for place in "$work/odd" "$work/odd.tar"; do
    run 0 import "$place"
    image=$root/images/$(digest_of hostile)/rootfs
    expect "no device, pipe or socket comes along" "$(find "$image" ! -type d ! -type f ! -type l)" ""
    expect "/etc/passwd is a file" "$(stat -c %F "$image/etc/passwd")" "regular file"
    expect "other users cannot enter, so they cannot run its set-ID programs" "$(stat -c %a "$image/..")" 700
    run 0 factory image remove hostile
done

# ---- Files that say they are larger than any disk
cp -a "$work/small" "$work/sparse"
truncate -s 64M "$work/sparse/etc/hole"
tar -C "$work/sparse" --sparse -cf "$work/sparse.tar" .
for place in "$work/sparse" "$work/sparse.tar"; do
    run 0 import "$place"
    expect "a hole takes no room" "$(du -k "$root/images/$(digest_of hostile)/rootfs/etc/hole" | cut -f 1)" 0
    run 0 factory image remove hostile
done
truncate -s 4T "$work/sparse/etc/hole"
tar -C "$work/sparse" --sparse -cf "$work/sparse.tar" .
run 3 import "$work/sparse"
expect_in "a directory: refused" "$out" "more than 256.0 GiB; the largest is /etc/hole, 4.0 TiB" "hint: "
run 9 import "$work/sparse.tar"
expect_in "an archive: refused" "$out" "holds a sparse file of 4.0 TiB"

# ---- What the system's programs reach when they are run
cat >"$work/shell.c" <<'END'
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char** words)
{
#ifdef GOOD
    if (count == 3 && strcmp(words[2], "exit 42") == 0)
        return 42;
#endif
    char seen[4096] = "";
    DIR* devices = opendir("/dev");
    for (struct dirent* one; devices && (one = readdir(devices));)
        if (one->d_name[0] != '.' && strlen(seen) < sizeof seen - sizeof one->d_name - 1)
            strcat(strcat(seen, " "), one->d_name);
    fprintf(stderr, "uid %d, terminal %s, secret %s, shared memory %s, %s\n", (int)getuid(),
            open("/dev/tty", O_RDWR) < 0 ? "none" : "open", getenv("SECRET") ? getenv("SECRET") : "none",
            open("/dev/shm/slurm-factory-owned", O_CREAT | O_WRONLY, 0666) < 0 ? "none" : "open",
            strlen(seen) > 60 ? "many devices" : "few devices");
    return 1;
}
END
cp -a "$work/small" "$work/program"
if gcc -static -o "$work/program/bin/sh" "$work/shell.c" 2>/dev/null; then
    # script(1) gives it a terminal.
    run 3 env SECRET=told script -qec "$(printf '%q ' "${importing[@]}" "$work/program")" /dev/null
    expect_in "its programs have the builder's rights, no terminal, no secrets and few devices" "$out" \
        "uid 65521, terminal none, secret none, shared memory none, few devices"
    rm -f /dev/shm/slurm-factory-owned
    printf '#include <unistd.h>\nint main(void) { char text[65536] = {0}; while (write(1, text, 65536) > 0) ; }\n' \
        >"$work/endless.c"
    gcc -static -o "$work/program/bin/sh" "$work/endless.c"
    run 3 import "$work/program"
    expect_in "one that prints for ever is stopped" "$out" "nothing can be run in this root file system"
    if [[ -w /sys/fs/cgroup/memory ]] || grep -qs memory /sys/fs/cgroup/cgroup.controllers; then
        echo 'limits: {pids: 64, memory: 64MiB}' >>"$root/config.yaml"
        cat >"$work/greedy.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
#ifdef FORKS
    int forks = 0;
    for (int child = 1; forks < 500 && (child = fork()) >= 0; ++forks)
        if (child == 0)
            for (;;)
                pause();
    printf("it has %s\n", forks < 500 ? "few processes" : "many processes");
#else
    for (int count = 0; count < 256; ++count)
        memset(malloc(1 << 20), 1, 1 << 20);
    printf("it has much memory\n");
#endif
    return 1;
}
END
        gcc -static -DFORKS -o "$work/program/bin/sh" "$work/greedy.c"
        run 3 import "$work/program"
        expect_in "one that forks has the processes that a build has" "$out" "it has few processes"
        gcc -static -O0 -o "$work/program/bin/sh" "$work/greedy.c"
        run 3 import "$work/program"
        expect_in "one that eats memory has that of a build" "$out" "killed for lack of memory (limits.memory: 64.0 MiB)"
        no_groups() { ! find /sys/fs/cgroup -path '*/slurm-factory/limited.*' -type d 2>/dev/null | grep -q .; }
        expect_true "no control group is left" within 10 no_groups # those of other tests' imports go soon
        sed -i '/^limits:/d' "$root/config.yaml"
    fi
    gcc -static -DGOOD -o "$work/program/bin/sh" "$work/shell.c"
    run 0 import "$work/program"
    usual_packages
    run 6 build --toolchain hostile --backend host
    expect_in "nor has it other rights in the backend without isolation" "$out" "uid 65521, terminal none"
    rm -f /dev/shm/slurm-factory-owned
    run 0 factory image remove hostile
fi
expect "no image, and nothing half made, is left of all that" "$(images)" "$clean"
finish
