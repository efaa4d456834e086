#!/bin/bash
# `deploy`, `rollback` and `status` in a local directory: versions, links, Slurm's rules, deltas. deploy_links.sh has what
# happens to links meanwhile, deploy_ssh.sh has hosts.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/deploy_local_lib.sh"
bundles 24.05.8 24.11.5 24.11.6 25.05.3 26.05.1
prefix=$work/prefix
old=$(id_of 24.05.8.tar.gz) five=$(id_of 24.11.5.tar.gz) six=$(id_of 24.11.6.tar.gz) new=$(id_of 25.05.3.tar.gz)
last=$(id_of 26.05.1.tar.gz)

# ---- What cannot be
run 2 factory deploy "$work/bundles/24.11.5.tar.gz"
expect_in "no prefix" "$out" "error: --prefix is missing"
run 2 factory deploy "$work/bundles/24.11.5.tar.gz" --prefix relative
run 2 factory status --hosts node1
expect_in "status of hosts without a prefix" "$out" "error: --prefix is missing"
run 2 factory deploy "$work/none.tar.gz" --prefix "$prefix"
expect_in "no such file" "$out" "there is no $work/none.tar.gz"
run 2 deploy 24.11.5.tar.gz --hosts 'node[3-1]'
expect_in "a bad hostlist" "$out" "column 8: the range ends before it starts"
run 2 deploy 24.11.5.tar.gz --role slurm
expect_in "a bad role" "$out" "there is no role 'slurm'"
run 2 deploy 24.11.5.tar.gz --installed slurmctld
run 9 factory deploy "$root/builds/slurm-24.11.5-module.tar.gz" --prefix "$prefix"
expect_in "another tarball" "$out" "this is not a slurm-factory software tarball" "does not lie below software/"
cp "$work/bundles/24.11.5.tar.gz" "$work/damaged.tar.gz"
printf X | dd of="$work/damaged.tar.gz" bs=1 seek=5000 conv=notrunc status=none
run 9 factory deploy "$work/damaged.tar.gz" --prefix "$prefix"
cp "$work/bundles/24.11.5.tar.gz" "$work/other.tar.gz"
echo "$(sha256sum </dev/null | cut -c 1-64)  other.tar.gz" >"$work/other.tar.gz.sha256"
run 9 factory deploy "$work/other.tar.gz" --prefix "$prefix"
expect_in "another sum" "$out" "$work/other.tar.gz.sha256 says"
ln -sf /etc/shadow "$work/other.tar.gz.sha256"
run 9 factory deploy "$work/other.tar.gz" --prefix "$prefix"
expect_in "a file that is no sum is not shown" "$out" "$work/other.tar.gz.sha256 says something else"
mkfifo "$work/fifo.tar.gz"
run 1 factory deploy "$work/fifo.tar.gz" --prefix "$prefix"
expect_in "a pipe" "$out" "$work/fifo.tar.gz is not a regular file"
run 1 factory deploy /dev/zero --prefix "$prefix"
run 1 deploy 24.11.5.tar.gz --hosts-file /dev/zero
expect_in "hosts without end" "$out" "/dev/zero is larger than 16.0 MiB"
mkdir "$work/endless"
printf '#!/bin/sh\nexec yes node01\n' >"$work/endless/sinfo"
chmod +x "$work/endless/sinfo"
run 1 env PATH="$work/endless:$PATH" "$TOOL" --root "$root" status --from-slurm --prefix "$prefix"
expect_in "nodes without end" "$out" "'sinfo' prints more than 16.0 MiB"
expect_true "nothing was made" test ! -e "$prefix"

# ---- What must not be on any host: `verify` and `deploy` agree
odd() { # FAULT COMMAND [OPTION OF tar]...: the command changes the tree of a tarball
    local fault=$1
    rm -rf "$work/odd"
    mkdir "$work/odd"
    tar -C "$work/odd" -xzf "$work/bundles/24.11.5.tar.gz"
    (cd "$work/odd/software" && eval "$2")
    tar -C "$work/odd" --owner=0 --group=0 "${@:3}" -czf "$work/odd.tar.gz" software
    run 9 factory verify "$work/odd.tar.gz"
    expect_in "verify: $2 ${*:3}" "$out" "$fault"
    run 9 factory deploy "$work/odd.tar.gz" --prefix "$prefix"
    expect_in "deploy: $2 ${*:3}" "$out" "must not be on any host: $fault"
}
odd "setuid or setgid" "chmod 4755 bin/hello"
odd "setuid or setgid" "chmod 2755 bin/hello"
odd "it has the sticky bit" "chmod 1755 bin/hello"
odd "everybody may write to it" "chmod 777 bin"
odd "it belongs to 1000:0, not to root" : --owner=mallory:1000
odd "a link out of the tree" "ln -s ../../../../etc share/out"
odd "a control character in its name" $'touch "share/a\e[2J"'
expect_not_in "the name is shown without it" "$out" $'\e'
for kind in "mkfifo share/pipe" "mknod share/null c 1 3"; do
    odd "" "$kind"
done
expect_true "nothing was made" test ! -e "$prefix"

# ---- Signatures
run 0 factory cache keys generate site --directory "$work/keys"
run 0 factory build --slurm-version 26.05.1 --archive gz,zst --key "$work/keys/site.key"
signed=$root/builds/slurm-26.05.1-software.tar.gz
run 0 factory cache keys remove site
run 9 factory deploy "$signed" --prefix "$prefix"
expect_in "signed by somebody who is not in the ring" "$out" "the signature of $signed" "which is not in the key ring"
run 0 factory cache keys add "$work/keys/site.pub"
run 0 factory deploy "$signed" --prefix "$prefix" --dry-run
cp "$work/bundles/24.11.5.tar.gz" "$work/wrong.tar.gz"
cp "$signed.minisig" "$work/wrong.tar.gz.minisig"
run 9 factory bundle check --signed "$work/wrong.tar.gz"
run 9 factory deploy "$work/wrong.tar.gz" --prefix "$prefix"
expect_in "a signature of something else" "$out" "the signature of $work/wrong.tar.gz" "it was altered"
cp "$root/config.yaml" "$work/config.yaml"
echo 'deploy: {only-signed: true}' >>"$root/config.yaml"
run 9 deploy 24.11.5.tar.gz --dry-run
expect_in "without a signature, where there must be one" "$out" "24.11.5.tar.gz is not signed" "hint: "
run 0 factory deploy "$signed" --prefix "$prefix" --dry-run
cp "$work/config.yaml" "$root/config.yaml"
expect_true "nothing was made" test ! -e "$prefix"

# ---- A bundle that is overwritten meanwhile, and bytes that change on the way
mkdir "$work/meanwhile" "$work/altering"
cp "$work/bundles/24.11.5.tar.gz" "$work/changing.tar.gz"
printf '#!/bin/sh\ncat %s >%s\nexec /bin/mkdir "$@"\n' "$work/bundles/24.11.6.tar.gz" "$work/changing.tar.gz" \
    >"$work/meanwhile/mkdir"
# The ninth byte of a gzip member says on which system it was made, which decompressing does not look at.
cat >"$work/altering/head" <<'END'
#!/bin/sh
case $2 in
?????*) /usr/bin/head "$@" | { /usr/bin/head -c 9; /usr/bin/head -c 1 >/dev/null; printf '\001'; cat; } ;;
*) exec /usr/bin/head "$@" ;;
esac
END
chmod +x "$work/meanwhile/mkdir" "$work/altering/head"
meanwhile=$work/overwritten
run 0 env PATH="$work/meanwhile:$PATH" "$TOOL" --root "$root" deploy "$work/changing.tar.gz" --prefix "$meanwhile"
expect "it is another now" "$(sum "$work/changing.tar.gz")" "$(sum "$work/bundles/24.11.6.tar.gz")"
expect "what was checked is what was sent" "$("$meanwhile/current/bin/hello") $(ls "$meanwhile/versions")" \
    "hello from 24.11.5 $five"
run 11 env PATH="$work/altering:$PATH" "$TOOL" --root "$root" deploy "$work/bundles/24.11.5.tar.gz" --prefix "$prefix"
expect_in "the host compares" "$out" "failed: localhost (no ssh): what arrived is not what was sent"
expect "and takes nothing" "$(cd "$prefix" && find . -mindepth 1 | sort | xargs)" "./.incoming ./versions"
rm -r "$prefix"

# ---- The first version
run 0 deploy 24.05.8.tar.gz --dry-run
expect_in "a dry run" "$out" "install $old (the whole tarball, " "slurmdbd (none) -> $old" "client (none) -> $old"
expect_true "makes nothing" test ! -e "$prefix"
run 0 deploy 24.05.8.tar.gz
expect_in "deployed" "$out" "1 of 1 hosts: $old active"
expect "all links" "$(links)" "versions/$old versions/$old versions/$old versions/$old"
expect "it runs" "$("$prefix/current/bin/hello")" "hello from 24.05.8"
mkdir "$work/plain"
tar -C "$work/plain" -xzf "$work/bundles/24.05.8.tar.gz"
expect "it is the tree of the tarball" "$(tree_of "$prefix/versions/$old")" "$(tree_of "$work/plain/software")"
expect "nothing is left" "$(ls -A "$prefix/.incoming")" ""
run 0 deploy 24.05.8.tar.gz
expect_in "once more: nothing is sent" "$out" "1 of 1 hosts: $old active"
run 11 rollback
expect_in "there is nothing to go back to" "$out" "no role has an earlier version"

# ---- Roles, one after the other
run 0 deploy 24.11.5.tar.gz --no-activate
expect "installed only" "$(links)" "versions/$old versions/$old versions/$old versions/$old"
run 10 deploy 24.11.5.tar.gz --role slurmd
expect_in "the order is kept" "$out" "slurmctld must be at least the major release of slurmd" \
    "slurmctld would be 24.05.8 on localhost" "hint: --installed"
run 10 deploy 24.11.5.tar.gz --role slurmd --installed slurmctld=24.11.1
expect_in "slurmdbd is asked, too" "$out" "slurmdbd must be at least"
expect "nothing moved" "$(links)" "versions/$old versions/$old versions/$old versions/$old"
run 0 deploy 24.11.5.tar.gz --role slurmdbd
run 0 deploy 24.11.5.tar.gz --role slurmctld
run 0 deploy 24.11.5.tar.gz --role slurmd --dry-run
expect_in "what would be" "$out" "slurmd $old -> $five"
expect_not_in "and no more" "$out" "install"
run 0 deploy 24.11.5.tar.gz --role slurmd,client
expect "all moved" "$(links)" "versions/$five versions/$five versions/$five versions/$five"
expect "what was before is kept" "$(readlink "$prefix/.active/previous/d")" "../../../versions/$old"
run 10 deploy 24.05.8.tar.gz
expect_in "no way back" "$out" "an older one cannot read that" "slurmdbd would go from 24.11.5 back to 24.05.8"
run 10 deploy 24.11.6.tar.gz --role slurmdbd --installed slurmd=23.02.7 --installed slurmd=22.05.1
expect_in "a gap" "$out" "24.11 understands the 3 major releases before it" "slurmd 22.05.1 as stated"
run 10 deploy 24.11.6.tar.gz --role slurmdbd --cluster-version 22.05.1
run 0 deploy 24.11.6.tar.gz --role slurmdbd --cluster-version 23.02.1
run 0 rollback --role slurmdbd

# ---- A patch release and back
run 0 deploy 24.11.6.tar.gz
expect "the patch release" "$(links)" "versions/$six versions/$six versions/$six versions/$six"
run 0 rollback --dry-run
expect_in "what rollback would do" "$out" "slurmd $six -> $five"
expect "and did not" "$(link d)" "versions/$six"
run 0 rollback
expect_in "rolled back" "$out" "1 of 1 hosts: rolled back"
expect "back" "$(links)" "versions/$five versions/$five versions/$five versions/$five"
run 0 rollback --role slurmd
expect "rollback of a rollback" "$(links)" "versions/$five versions/$five versions/$six versions/$five"
run 2 rollback --role nothing
expect_in "a bad role" "$out" "there is no role 'nothing'"

# ---- Across a major release
run 0 deploy 25.05.3.tar.gz
run 10 rollback --role slurmctld
expect_in "state was converted" "$out" "a daemon converts its state" "slurmctld would go from 25.05.3 back to 24.11.5"
run 0 rollback --role client
run 0 rollback --role slurmd --force
expect_in "unless it is forced" "$out" "forced: a daemon converts its state"
expect "forced" "$(links)" "versions/$new versions/$new versions/$six versions/$five"
run 0 status
expect_in "status" "$out" "link       slurmctld  $new" "link       slurmd     $six" "previous   slurmctld  $five" \
    "installed  -          $old"

# ---- What really runs
"$prefix/d/sbin/slurmd" &
children+=($!)
"$prefix/versions/$five/sbin/slurmctld" &
daemon=$!
children+=("$daemon")
running() { status --json | python3 -c 'import json, sys
print(*sorted(r["role"] + " " + r["version"] for r in json.load(sys.stdin)["running"]))'; }
both="slurmctld $five slurmd $six"
daemons_are_there() { [[ $(running) == "$both" ]]; }
expect_true "daemons are seen" within 10 daemons_are_there
run 10 deploy 25.05.3.tar.gz --role slurmd
expect_in "a link that moved is not enough" "$out" "slurmctld would be 24.11.5"
kill "$daemon"
wait "$daemon" 2>/dev/null || true
run 0 deploy 25.05.3.tar.gz --role slurmd

# ---- Old versions
run 10 deploy 25.05.3.tar.gz --keep 1
expect_in "slurmd was not restarted" "$out" "slurmd would be 24.11.6" "client 25.05.3"
run 0 deploy 25.05.3.tar.gz --role slurmd --keep 1
expect_not_in "one may stay" "$out" "removed"
run 0 deploy 26.05.1.tar.gz --remove-old --dry-run
expect_in "a dry run says what would go" "$out" "install $last (the whole tarball, " "client $five -> $last; remove $old"
expect "once" "$(grep -o 'remove ' <<<"$out" | wc -l)" 1
expect_true "it stays" test -d "$prefix/versions/$old"
run 0 deploy 26.05.1.tar.gz --keep 1 --dry-run
expect_not_in "one may stay" "$out" "remove"
run 0 deploy 26.05.1.tar.gz --remove-old
expect_in "what nothing needs goes" "$out" "1 old versions removed"
expect "what a process, a link or a way back needs stays" "$(ls "$prefix/versions" | sort | xargs)" "$five $six $new $last"

# ---- Deltas
delta() { # KIND: from 24.11.5 to 24.11.6
    prefix=$work/delta.$1
    run 0 deploy "24.11.5.tar.$1"
    run 0 deploy "24.11.6.tar.$1" --delta
    mkdir "$work/plain.$1"
    tar -C "$work/plain.$1" -xf "$work/bundles/24.11.6.tar.$1"
    expect "a delta's tree is that of the tarball ($1)" \
        "$(tree_of "$prefix/versions/$(id_of "24.11.6.tar.$1")")" "$(tree_of "$work/plain.$1/software")"
    expect "nothing is linked between versions" "$(find "$prefix/versions" -type f -links +1)" ""
}
delta zst
delta gz
events() { python3 -c 'import json, sys
print(*[e["bytes"] for e in map(json.loads, open(sys.argv[1])) if e["event"] == "host_finished"])' "$1"; }
prefix=$work/whole
run 0 deploy 24.11.5.tar.gz
run 0 deploy 24.11.6.tar.gz --events "$work/events"
whole=$(events "$work/events")
prefix=$work/some
run 0 deploy 24.11.5.tar.gz
run 0 deploy 24.11.6.tar.gz --delta --dry-run
foreseen=$(sed -n 's/.*install .* (a delta of \([0-9.]*\) KiB).*/\1/p' <<<"$out")
expect "a dry run sends nothing" "$(ls "$prefix/versions")" "$five"
run 0 deploy 24.11.6.tar.gz --delta --events "$work/events"
# What is asked, and lists of what is to be copied, are sent besides.
expect_true "and knows how large a delta is ($foreseen KiB)" \
    awk -v a="$foreseen" -v b="$(events "$work/events")" 'BEGIN {exit !(a > 0 && a * 1024 < b && a * 2048 > b)}'
expect_true "a delta is what changed ($(events "$work/events") of $whole bytes)" \
    test "$(($(events "$work/events") * 5))" -lt "$whole"
# What somebody changed is not taken over.
victim=$work/victim
mkdir "$victim"
echo kept >"$victim/file3"
prefix=$work/changed
run 0 deploy 24.11.5.tar.gz
mv "$prefix" "$work/unchanged"
wanted=$(tree_of "$work/plain.gz/software")
while read -r change; do
    rm -rf "$prefix"
    cp -a "$work/unchanged" "$prefix"
    (cd "$prefix/versions/$five/share/more" && eval "$change")
    run 0 timeout 60 "$TOOL" --root "$root" deploy "$work/bundles/24.11.6.tar.gz" --prefix "$prefix" --delta
    expect "$change: the tree is that of the tarball" "$(tree_of "$prefix/versions/$six")" "$wanted"
done <<END
echo changed >file3
echo X >file3
chmod 4755 file3
chmod 700 .
chmod 777 empty
chown 1000:1000 file3 empty
ln -sf /etc/passwd file3
ln -sfn ../../../elsewhere "a b/link"
rm "a b/link" && cp bytes "a b/link"
rm file3 && mkfifo file3
rm file3 && mkdir file3
rm file3 && truncate -s 60G file3
mv ../more ../less && ln -s less ../more
mv ../more ../less && ln -s $victim ../more
rm -r ../more
ln -f file3 ../file3
END
expect "nothing was written elsewhere" "$(cat "$victim"/*)" kept
# A tarball that is not made of layers.
prefix=$work/one
tar -C "$work/plain.gz" --owner=0 --group=0 -czf "$work/bundles/one.tar.gz" software
run 0 deploy 24.11.5.tar.gz
run 0 factory deploy "$work/bundles/one.tar.gz" --prefix "$prefix" --delta --dry-run
expect_in "another's tarball would be sent whole" "$out" "(the whole tarball, " "no delta would be sent: it is made of"
run 0 factory deploy "$work/bundles/one.tar.gz" --prefix "$prefix" --delta
expect_in "another's tarball is sent whole" "$out" "no delta was sent: it is made of"
expect "and is there" "$("$prefix/current/bin/hello")" "hello from 24.11.6"
finish
