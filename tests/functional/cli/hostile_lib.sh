# A build script that means harm, whatever the backend: source it after lib.sh, call usual_packages, make a root and set
# `options`. docs/sandbox.md has a table of what such a script can do; what is found here must be what the table says.
# shellcheck shell=bash disable=SC2034,SC2154 # the variables are those of lib.sh and for the scripts

marker=sf-hostile-$$
options=()
processes() { pgrep -f "$marker" || true; }
mkdir -p "$work/home/.ssh"
echo secret-of-the-user >"$work/home/.ssh/id_ed25519"
mkdir -p "$work/out"
chmod 755 "$work/out"
secret=$work/out/secret-of-root
echo "build 1.0 secret-of-root" >"$secret"
chmod 600 "$secret"

try_build() { # STATUS STEP TEXT: one phase of slurm's is the text
    # shellcheck disable=SC2001 # every line
    slurm_recipe "" "    $2: |
$(sed 's/^/      /' <<<"$3")"
    run "$1" hostile_build "${options[@]}"
}
hostile_build() { build "$@"; } # rootless is another
log_of_slurm() { cat "$(ls -t "$root"/logs/slurm-1.0-*.log | head -1)"; }

cell() { # BACKEND ROW: the first word of the table's cell
    awk -F ' *\\| *' -v column="$1" -v row="$2" '
        /^\| a build script that wants to / { for (i = 2; i <= NF; i++) if ($i == column) at = i }
        at && $2 == row { split($at, words, /[^a-z]/); print words[1]; exit }
        at && !/^\|/ { exit }' "$here/../../../docs/sandbox.md"
}
holds() { # BACKEND ROW no|yes: what was seen, to be compared with the table
    expect "$1: $2: $3" "$(cell "$1" "$2")" "$3"
}
seen() { # BACKEND ROW TEXT: whether the log of the build says that it succeeded
    case $log in
        *"GOT $3"*) holds "$1" "$2" yes ;;
        *) holds "$1" "$2" no ;;
    esac
}

# One build does all that a build can try and still succeed.
attack() { # BACKEND: a column of the table
    local backend=$1 image before victim=$work/out/victim log listener address
    image=$(ls -d "$image_root"/images/*/rootfs)
    sum_of_image() { (cd "$image" && find . -type f -printf '%p %s %T@\n' | sort | sha256sum); }
    before=$(sum_of_image)
    echo untouched >"$victim"
    echo "build 5.0" >"/tmp/$marker" # the script sees a /tmp of its own, and writes there
    echo "secret-of-root 5.0" >>"/tmp/$marker"
    rm -f "$work/port"
    python3 -c 'import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True)
while True: s.accept()[0].close()' >"$work/port" &
    listener=$!
    children+=("$listener")
    expect_true "$backend: somebody listens on the host" within 10 test -s "$work/port"
    address=$(cat "$work/port")
    try_build 0 build "for place in $work/home/.ssh/id_ed25519 $secret $root/config.yaml /etc/shadow; do
    cat \$place && echo GOT a file of the host
done
env; ls / /home || true
for place in /etc/passwd /usr/bin/gcc /sources/x /recipe/x /step/run.sh /step/x $work/out/x; do
    (echo owned >>\$place) 2>/dev/null && echo GOT written: \$place
    [ ! -e \$place ] || { rm -f \$place 2>/dev/null && echo GOT written: removed \$place; }
done
bash -c 'exec 3<>/dev/tcp/127.0.0.1/$address' && echo GOT a network
for device in /dev/sda /dev/vda /dev/mem /dev/kmsg /dev/fuse /dev/loop-control; do
    [ ! -e \$device ] || echo GOT a device of the host
done
mknod disk b 8 0 && echo GOT more rights
mount -t tmpfs none /mnt && echo GOT more rights
cp /bin/sh sh && chmod u+s sh && echo made a setuid file of its own
kill -9 1 && echo GOT killed
grep -lsa 'cli/hostil[e]' /proc/[0-9]*/cmdline && echo GOT processes
(setsid bash -c 'exec -a $marker sleep 86400' >/dev/null 2>&1 &)
(nohup bash -c 'exec -a $marker sleep 86400' >/dev/null 2>&1 &)
until [ \$(grep -ls $marker /proc/[0-9]*/cmdline | wc -l) -ge 2 ]; do sleep 0.1; done
echo both daemons run
truncate -s 60G /proc/self/fd/1 && echo GOT the log
truncate -s 0 /proc/self/fd/1 && echo GOT the log
make
# What this process reads afterwards: links, pipes and devices in the place of files.
rm -f /step/out/phases /step/out/ccache
ln -s /tmp/$marker /step/out/phases
mkfifo /step/out/ccache
ln -s $victim /step/out/run.sh; ln -s $victim /step/out/elf-files
"
    log=$(log_of_slurm)
    seen "$backend" "read files of the host or the user" "a file of the host"
    expect_not_in "$backend: the user's keys are not to be read" "$log" "secret-of-the-user"
    expect_not_in "$backend: nor the site's configuration" "$log" "retries: 0"
    expect_not_in "$backend: nor is the user's environment there" "$log" "SF_TEST_ROOT"
    expect_in "$backend: the log has what was refused" "$log" "id_ed25519: No such file"
    seen "$backend" "write to the image, its sources, its recipe or its script" "written"
    expect "$backend: the image is as it was" "$(sum_of_image)" "$before"
    expect "$backend: nothing of the host was written" "$(ls "$work/out/x" 2>/dev/null)" ""
    seen "$backend" "use the network" "a network"
    seen "$backend" "use devices of the host" "a device of the host"
    seen "$backend" "gain rights: mounts, device files, setuid programs" "more rights"
    expect "$backend: no setuid file is left on the host" \
        "$(find "$root" -path "$root/images" -prune -o -perm /6000 -print)" ""
    seen "$backend" "kill or see processes of others" "killed"
    seen "$backend" "kill or see processes of others" "processes"
    expect_in "$backend: two daemons were there" "$log" "both daemons run"
    expect "$backend: daemons end with the build" "$(processes)" ""
    expect_in "$backend: and are told of" "$out" "slurm@1.0: its commands left processes running, which were killed"
    holds "$backend" "leave processes running" no
    seen "$backend" "cut or stretch its log" "the log"
    expect_true "$backend: the log is as long as what was said" \
        [ "$(stat -c %s "$(ls -t "$root"/logs/slurm-1.0-*.log | head -1)")" -lt 100000 ]
    expect_not_in "$backend: what links lead to is not told" \
        "$out$(cat "$root"/builds/*.html "$root"/builds/*.json 2>/dev/null || true)" "secret-of-root"
    expect "$backend: nor written" "$(cat "$victim")" "untouched"
    holds "$backend" "have root read or write where its links lead" no
    kill "$listener"
    rm -f "/tmp/$marker"
}

# Every backend gives the same lines for these, since they are about what comes out of the sandbox.
outputs() { # BACKEND
    local backend=$1 log peak
    try_build 5 build "rm -f /step/out/phases; ln -s /dev/zero /step/out/phases; ln -sf $secret /step/out/ccache; exit 3"
    expect_in "$backend: a link to /dev/zero is no mark" "$out" "slurm@1.0: phase" "failed with exit code 3"
    try_build 5 build "rm -f /step/out/phases; mkfifo /step/out/phases; exit 4"
    expect_in "$backend: nobody waits for a pipe" "$out" "failed with exit code 4"
    echo 'limits: {log: 1MiB}' >>"$root/config.yaml"
    try_build 5 build 'echo "x.c:1:1: fatal error: early.h: No such file or directory"
yes "what fills a log" | head -c 20M; echo "the last words"; exit 5'
    sed -i '/^limits: {log/d' "$root/config.yaml"
    expect_in "$backend: a flood leaves the last lines" "$out" "failed with exit code 5" "the last words"
    log=$(ls -t "$root"/logs/slurm-1.0-*.log | head -1)
    expect_true "$backend: the log is bounded" [ "$(stat -c %s "$log")" -lt 1300000 ]
    expect_in "$backend: and says so" "$(grep -a '^slurm-factory:' "$log")" "reached its limit of 1.0 MiB" "left out here"
    try_build 5 install 'make install
truncate -s 60G "$PREFIX/share/slurm/hole"'
    expect_in "$backend: a hole is not installed" "$out" "slurm@1.0 installs more than 8.0 GiB" "share/slurm/hole with 60.0 GiB"
    holds "$backend" "stop the tool or other builds by what it leaves" no
}
