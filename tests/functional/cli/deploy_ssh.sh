#!/bin/bash
# `deploy`, `rollback` and `status` over OpenSSH: each node is a real sshd on a loopback address of its own, in namespaces
# of its own, where the prefix is its own directory and only its own processes are seen.
private_mounts=yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/deploy_lib.sh"
. "$here/../../support/ssh_nodes.sh"
have_ssh || { echo "skipped: needs openssh-client and openssh-server"; exit 77; }
bundles 24.11.5 24.11.6 24.11.7
five=$(id_of 24.11.5.tar.gz) six=$(id_of 24.11.6.tar.gz) seven=$(id_of 24.11.7.tar.gz)

# ---- Nodes
trap 'umount -l "$lab"/disk/node0{3,4,5} 2>/dev/null || true; clean_up' EXIT
nodes=16
lab=$work/lab
prefix=$lab/node/slurm
set_up_nodes "$nodes"
start() { # NUMBER [LINE OF sshd_config]
    start_node "$@"
    within 10 node_listens "$1" || fail "node $1 does not listen"
}
for ((i = 1; i <= nodes; i++)); do start_node "$i"; done
for ((i = 1; i <= nodes; i++)); do within 10 node_listens "$i" || fail "node $i does not listen"; done
# A tar that stops in the middle of unpacking, for nodes that have it in their PATH.
mkdir "$work/slow"
cat >"$work/slow/tar" <<END
#!/bin/sh
case \$* in *-I*) dd bs=1000 count=1 >/dev/null 2>&1; : >$lab/node/reached; exec sleep 1000 ;; esac
exec /bin/tar "\$@"
END
chmod +x "$work/slow/tar"
slow="SetEnv PATH=$work/slow:/usr/bin:/bin HOME=$lab/home"
on() { # NODE COMMAND
    "$lab/ssh" "$(node_name "$1")" "$2"
}
disk() { echo "$lab/disk/$(node_name "$1")/slurm"; } # NODE: its prefix, from outside
link() { active "$(disk "$1")" "${2:-d}"; }
over() { # COMMAND OPTION...
    factory "$@" --prefix "$prefix" --ssh "${ssh:-$lab/ssh}"
}
deploy() { # VERSION OPTION...
    local file=$work/bundles/$1.tar.gz
    shift
    over deploy "$file" "$@"
}

# ---- All of them, over an ssh that notes how many of it there are. Each has a lock for as long as it lives: one that is
# killed says no good-bye. The first ones wait for a fourth.
mkdir "$work/fan"
cat >"$work/counting" <<END
#!/bin/bash
exec 9>$work/fan/\$\$
flock 9
exec 8>$work/counting.lock
flock 8
count=0
for one in $work/fan/*; do flock -n "\$one" true || count=\$((count + 1)); done
echo "\$count" >>$work/counted
exec 8>&-
for ((i = 0; i < 100; i++)); do
    ! grep -q 4 $work/counted || break
    sleep 0.1
done
$lab/ssh "\$@"
END
chmod +x "$work/counting"
ssh=$work/counting
run 0 deploy 24.11.5 --hosts "node[01-$nodes]" --role slurmd,client --fanout 4
unset ssh
most=$(sort -n "$work/counted" | tail -n 1)
expect "four at a time, and each node twice" "$most $(wc -l <"$work/counted")" "4 $((2 * nodes))"
expect_in "deployed" "$out" "node07: deployed in" "$nodes of $nodes hosts: $five active"
mkdir "$work/plain"
tar -C "$work/plain" -xzf "$work/bundles/24.11.5.tar.gz"
wanted=$(tree_of "$work/plain/software")
for ((i = 1; i <= nodes; i++)); do
    [[ $(tree_of "$(disk "$i")/versions/$five") == "$wanted" ]] || fail "the tree of node $i"
    [[ $(ls -A "$(disk "$i")/.incoming") == "" ]] || fail "something is left on node $i"
done
expect "a program runs from the link" "$(on 9 "$prefix/current/bin/hello")" "hello from 24.11.5"
expect "only the roles that were asked for" "$(link 3) $(link 3 current) $(link 3 ctld)" "versions/$five versions/$five "
printf '# racks\nnode[01-04]  # one\nnode05,root@node06\n' >"$work/hosts"
run 0 over status --hosts-file "$work/hosts"
expect_in "status folds hosts" "$out" "link       slurmd     $five  node[01-05],root@node06" "installed  -          $five"
run 0 over status --hosts-file - <<<'node[15-16]'
expect_in "hosts from standard input" "$out" "node[15-16]"
run 0 over status --hosts-file <(echo 'node[15-16]')
expect_in "hosts from another program" "$out" "node[15-16]"
mkdir "$work/bin"
printf '#!/bin/sh\necho node01; echo node02; echo node01\n' >"$work/bin/sinfo"
chmod +x "$work/bin/sinfo"
run 0 env PATH="$work/bin:$PATH" "$TOOL" --root "$root" status --from-slurm --prefix "$prefix" --ssh "$lab/ssh" --json
expect "hosts from Slurm" "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["installed"][0]["hosts"])' <<<"$out")" \
    "node[01-02]"

# ---- A delta for all, and back, over connections that are kept
run 0 deploy 24.11.6 --hosts "node[01-$nodes]" --delta
expect_in "deltas" "$out" "$nodes of $nodes hosts: $six active"
rm -r "$work/plain/software"
tar -C "$work/plain" -xzf "$work/bundles/24.11.6.tar.gz"
expect "the tree of a delta" "$(tree_of "$(disk 16)/versions/$six")" "$(tree_of "$work/plain/software")"
expect "links the host has are moved" "$(link 2) $(link 2 current) $(link 2 dbd)" "versions/$six versions/$six "
on 4 "$prefix/d/sbin/slurmd >/dev/null 2>&1 & sleep 0.2"
run 0 over rollback --hosts "node[01-$nodes]" --fanout 4
expect_in "rolled back" "$out" "node[01-16]: slurmd $six -> $five; client $six -> $five" "$nodes of $nodes hosts: rolled back"
run 0 over status --hosts "node[01-$nodes]"
expect_in "what runs is what was started" "$out" "running    slurmd     $six  node04" "link       slurmd     $five  node[01-16]"

# ---- A connection that does not come about at first
cat >"$work/flaky" <<END
#!/bin/bash
for ((i = 1; i < \$#; i++)); do
    [[ \${!i} != -- ]] || host=\${*:i+1:1}
done
! mkdir "$work/flaky.\$host" 2>/dev/null || exit 255
exec $lab/ssh "\$@"
END
chmod +x "$work/flaky"
ssh=$work/flaky
run 11 deploy 24.11.5 --hosts "node[11-13]" --no-activate --retries 0
expect_in "one try" "$out" "failed: node[11-13]: the connection ended ('$work/flaky' with status 255)" "0 of 3 hosts"
rm -r "$work"/flaky.node*
run 0 deploy 24.11.5 --hosts "node[11-13]" --no-activate --retries 1
expect_in "two tries" "$out" "3 of 3 hosts: $five installed"
unset ssh

# ---- A node with hardly a program
mkdir "$work/few"
for program in sh tar gzip $(dpkg -L coreutils | sed -n 's|.*/bin/||p'); do
    ln -s "$(PATH=/usr/bin:/bin command -v "$program")" "$work/few/$program"
done
rm "$work/few/b2sum"
kill_node 16
rm -r "$(disk 16)"
start 16 "SetEnv PATH=$work/few HOME=$lab/home"
expect "it has no others" "$(on 16 'command -v sed awk grep find zstd hostname ps b2sum || true')" ""
run 11 over deploy "$work/bundles/24.11.5.tar.zst" --hosts node16
expect_in "it cannot unpack everything" "$out" "failed: node16: zstd is not installed there"
run 0 deploy 24.11.5 --hosts node16 --role slurmd,client
run 0 deploy 24.11.6 --hosts node16 --delta
expect "a delta there is the same tree" "$(tree_of "$(disk 16)/versions/$six")" "$(tree_of "$work/plain/software")"
on 16 "$prefix/d/sbin/slurmd >/dev/null 2>&1 & sleep 0.2"
run 0 over rollback --hosts node16
run 0 over status --hosts node16
expect_in "its state" "$out" "running    slurmd     $six  node16" "link       client     $five  node16" \
    "previous   client     $six  node16"
kill_node 16
start 16

# ---- A node that dies before the step that moves all links
mkdir "$work/stuck"
cat >"$work/stuck/mv" <<END
#!/bin/sh
case \$3 in .active) : >$lab/node/reached; exec sleep 1000 ;; esac
exec /bin/mv "\$@"
END
chmod +x "$work/stuck/mv"
kill_node 8
start 8 "SetEnv PATH=$work/stuck:/usr/bin:/bin HOME=$lab/home"
reached() { [[ -e $lab/disk/$(node_name "$1")/reached ]]; }
deploy 24.11.7 --hosts node08 >"$work/between" 2>&1 &
between=$!
within 60 reached 8 || fail "node 8 did not come to that step"
kill_node 8
rm "$lab/disk/node08/reached"
status=0
wait "$between" || status=$?
expect "it failed" "$status" 11
expect "all links are the old ones" "$(link 8) $(link 8 current)" "versions/$five versions/$five"
start 8
run 0 over status --hosts node08
expect_in "status says so" "$out" "link       slurmd     $five  node08" "link       client     $five  node08"
run 0 deploy 24.11.7 --hosts node08
expect "the same command again moves them" "$(link 8) $(link 8 current)" "versions/$seven versions/$seven"
expect "and leaves nothing" "$(ls -A "$(disk 8)/.incoming")" ""
run 0 over rollback --hosts node08
expect "both know the earlier version" "$(link 8) $(link 8 current)" "versions/$five versions/$five"

# ---- Nodes that fail: nobody listens, no key, no room, no room after all, a read-only prefix
kill_node 1
kill_node 2
start 2 "AuthorizedKeysFile none"
for i in 3 4 5; do kill_node "$i"; rm -r "$lab/disk/$(node_name "$i")/slurm"; done
mount -t tmpfs -o size=200k none "$lab/disk/node03"
mount -t tmpfs -o size=50m,nr_inodes=24 none "$lab/disk/node04"
mkdir -p "$lab/disk/node05" && mount -t tmpfs -o size=50m,ro none "$lab/disk/node05"
for i in 3 4 5; do start "$i"; done
run 11 deploy 24.11.6 --hosts "node[01-08]" --retries 1
expect_in "each with its reason" "$out" "3 of 8 hosts: $six active" \
    "failed: node01: ssh: connect to host 127.0.1.1 port $port: Connection refused" "failed: node02: " "Permission denied" \
    "failed: node03: not enough space: 200.0 KiB are free" "failed: node04: tar: " "No space left on device" \
    "failed: node05: mkdir: cannot create directory" "Read-only file system"
expect "the others go on" "$(link 6) $(link 8)" "versions/$six versions/$six"
expect "no half version" "$(ls -A "$lab/disk/node04/slurm/versions" "$lab/disk/node04/slurm/.incoming" | grep -v :)" ""
run 11 over status --hosts "node[01,06-07]"
expect_in "status of what answers" "$out" "node[06-07]" "failed     node01: ssh: connect"

# ---- A node that dies in the middle, one that stalls, one that comes back
for i in 9 10; do kill_node "$i"; start "$i" "$slow"; done
deploy 24.11.7 --hosts "node[09-12]" --timeout 20 >"$work/middle" 2>&1 &
middle=$!
within 60 reached 9 || fail "node 9 did not begin"
within 60 reached 10 || fail "node 10 did not begin"
kill_node 9
status=0
wait "$middle" || status=$?
expect "two failed" "$status" 11
expect_in "one died, one stalled" "$(cat "$work/middle")" "2 of 4 hosts" "failed: node10: nothing moved for 20 s" \
    "failed: node09: "
expect "neither is half activated" "$(link 9) $(link 10)" "versions/$five versions/$five"
expect "the others are done" "$(link 11) $(link 12)" "versions/$seven versions/$seven"
kill_node 10
rm "$lab"/disk/node{09,10}/reached
for i in 9 10; do start "$i"; done
expect_true "what was sent is still there" test -n "$(ls -A "$(disk 9)/.incoming")"
run 0 deploy 24.11.7 --hosts "node[09-10]"
expect "and goes with the next deploy" "$(ls -A "$(disk 9)/.incoming" "$(disk 10)/.incoming" | grep -v :)" ""

# ---- One whose processes stand still, and Ctrl-C
for i in 13 14; do kill_node "$i"; start "$i" "$slow"; done
env --default-signal=INT "$TOOL" --root "$root" deploy "$work/bundles/24.11.7.tar.gz" --hosts "node[13-14]" \
    --prefix "$prefix" --ssh "$lab/ssh" >"$work/interrupted" 2>&1 &
interrupted=$!
within 60 reached 13 || fail "node 13 did not begin"
within 60 reached 14 || fail "node 14 did not begin"
kill -INT "$interrupted"
status=0
wait "$interrupted" || status=$?
expect "interrupted" "$status" 130
expect "nothing moved" "$(link 13) $(link 14)" "versions/$five versions/$five"
expect "nothing was installed" "$(ls "$(disk 13)/versions" | xargs)" "$(printf '%s\n' "$five" "$six" | sort | xargs)"
for i in 13 14; do kill_node "$i"; rm "$lab/disk/$(node_name "$i")/reached"; start "$i"; done
descendants() { # PID: all below it
    local child
    for child in $(ps -o pid= --ppid "$1"); do echo "$child"; descendants "$child"; done
}
# The kernel accepts the connection; nobody speaks.
for pid in $(descendants "${node_pid[15]}"); do kill -STOP "$pid"; done
run 11 deploy 24.11.7 --hosts "node[13-15]" --connect-timeout 10
expect_in "one that stands still" "$out" "2 of 3 hosts" "failed: node15: " "timed out"
for pid in $(descendants "${node_pid[15]}"); do kill -CONT "$pid"; done
run 0 deploy 24.11.7 --hosts "node[13-15]" --retries 1
expect_in "later it is well" "$out" "3 of 3 hosts"

# ---- Hosts that misbehave: none holds up the others, fills this one's memory, or speaks to its terminal
misbehaves() { # NODE COMMAND: runs instead of what is asked for
    kill_node "$1"
    start "$1" "ForceCommand $2"
}
greets="printf 'slurm-factory deploy 1\\n'"
misbehaves 1 'yes'
misbehaves 2 'cat /dev/zero'
misbehaves 3 'yes >&2'
misbehaves 4 'while :; do echo Welcome; sleep 0.2; done'
misbehaves 5 "$greets; printf 'error \\033[2Jall is well\\007\\n'; sleep 100"
misbehaves 6 "$greets; yes"
misbehaves 7 "$greets; while :; do echo version x; sleep 0.2; done"
# shellcheck disable=SC2016 # the node expands it
misbehaves 8 'head -c 60000 /dev/urandom; echo; exec sh -c "$SSH_ORIGINAL_COMMAND"' # no more than an odd login
start_of_it=$SECONDS
run 11 timeout 120 "$TOOL" --root "$root" deploy "$work/bundles/24.11.7.tar.gz" --hosts "node[01-09]" --timeout 6 \
    --prefix "$prefix" --ssh "$lab/ssh"
expect_in "each with its reason" "$out" "2 of 9 hosts" "failed: node01: it printed more than 256.0 KiB and no answer" \
    "failed: node02: the answer is not a line of text" "failed: node03: it printed more than 256.0 KiB and no answer" \
    "failed: node04: no answer within 6 s; its login printed 'Welcome'" "failed: node05:  [2Jall is well" \
    "failed: node06: the answer 'y' is not understood" "failed: node07: no answer within 6 s"
expect_not_in "without escape sequences" "$out" $'\e'
expect "the others are done" "$(link 8) $(link 9)" "versions/$seven versions/$seven"
expect_true "and wait for nobody" test $((SECONDS - start_of_it)) -lt 60
run 11 timeout 120 "$TOOL" --root "$root" status --hosts "node[06,08-09]" --timeout 6 --prefix "$prefix" --ssh "$lab/ssh"
expect_in "status of what answers" "$out" "node[08-09]" "failed     node06: the answer 'y' is not understood"
finish
