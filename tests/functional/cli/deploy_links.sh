#!/bin/bash
# The links that `deploy` and `rollback` switch, in a local directory: all of a host's in one step, whoever reads them, deploys
# beside, dies in the middle, has put one there by hand, or something else in their place.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/deploy_local_lib.sh"
bundles 24.11.5 24.11.6
five=$(id_of 24.11.5.tar.gz) six=$(id_of 24.11.6.tar.gz)

# ---- Who reads meanwhile
prefix=$work/read
run 0 deploy 24.11.5.tar.gz
: >"$work/said"
(while [[ ! -e $work/enough ]]; do
    readlink "$prefix/current" >/dev/null 2>>"$work/broken" || echo "no link" >>"$work/broken"
    "$prefix/current/bin/hello" >>"$work/said" 2>>"$work/broken" || echo "no program" >>"$work/broken"
done) &
reader=$!
children+=("$reader")
there_and_back() {
    run 0 deploy 24.11.6.tar.gz --delta
    run 0 rollback
}
seen_both() {
    there_and_back
    grep -q 'from 24.11.5' "$work/said" && grep -q 'from 24.11.6' "$work/said"
}
for _ in 1 2 3 4 5; do there_and_back; done
expect_true "a reader sees both versions" within 60 seen_both
touch "$work/enough"
wait "$reader"
expect "and never nothing" "$(cat "$work/broken")" ""

# ---- Two at once: each waits in the middle of unpacking for the other
prefix=$work/shared
mkdir "$work/meet"
cat >"$work/meet/tar" <<END
#!/bin/sh
case \$* in *-I*)
    : >$work/meet/here.\$\$
    tries=0
    until [ "\$(ls $work/meet/here.* | wc -l)" -eq 2 ]; do
        tries=\$((tries + 1))
        [ \$tries -lt 300 ] || exit 1
        sleep 0.1
    done ;;
esac
exec /bin/tar "\$@"
END
chmod +x "$work/meet/tar"
meeting=()
for release in 24.11.5 24.11.6; do
    PATH=$work/meet:$PATH deploy "$release.tar.gz" >"$work/meet/$release" 2>&1 &
    meeting+=($!)
done
for one in "${meeting[@]}"; do wait "$one" || fail "one of two failed: $(cat "$work"/meet/24*)"; done
for release in 24.11.5 24.11.6; do
    rm -rf "$work/plain.gz"
    mkdir "$work/plain.gz"
    tar -C "$work/plain.gz" -xzf "$work/bundles/$release.tar.gz"
    expect "both are there: $release" "$(tree_of "$prefix/versions/$(id_of "$release.tar.gz")")" \
        "$(tree_of "$work/plain.gz/software")"
done
for one in dbd ctld d current; do
    expect_true "$one is one of them" grep -qxE "versions/($five|$six)" <(link "$one")
done
expect "nothing is left of either" "$(ls -A "$prefix/.incoming")" ""

# ---- Different roles at once: neither undoes what the other did
prefix=$work/turns
run 0 deploy 24.11.5.tar.gz
run 0 deploy 24.11.6.tar.gz --no-activate
mkdir "$work/first" "$work/second"
# The first stops before its step until the second asks for its turn.
cat >"$work/first/mv" <<END
#!/bin/sh
if [ "\$3" = .active ]; then
    : >$work/first/stands
    tries=0
    until [ -e $work/second/asks ]; do
        tries=\$((tries + 1))
        [ \$tries -lt 300 ] || exit 1
        sleep 0.1
    done
fi
exec /bin/mv "\$@"
END
cat >"$work/second/flock" <<END
#!/bin/sh
: >$work/second/asks
exec /usr/bin/flock "\$@"
END
chmod +x "$work/first/mv" "$work/second/flock"
PATH=$work/first:$PATH deploy 24.11.6.tar.gz --role client >"$work/first/said" 2>&1 &
first=$!
expect_true "the first stands before its step" within 30 test -e "$work/first/stands"
PATH=$work/second:$PATH run 0 deploy 24.11.6.tar.gz --role slurmd
wait "$first" || fail "the first failed: $(tail -n 3 "$work/first/said")"
expect "each has its own" "$(links)" "versions/$five versions/$five versions/$six versions/$six"
expect "earlier sets are kept" "$(ls "$prefix/.sets" | wc -l)" 3
run 0 deploy 24.11.6.tar.gz --role slurmd
expect "no new one where nothing changes" "$(ls "$prefix/.sets" | wc -l)" 3

# ---- A host that dies at any moment of an activation has all links as they were or all as they shall be
mkdir "$work/die"
for program in ln mkdir mv rm; do
    cat >"$work/die/$program" <<END
#!/bin/bash
# The N-th call kills the script on the host, with the subshell that it may be called from.
echo >>$work/die/calls
if [[ \$(wc -l <$work/die/calls) -eq \$DIE_AT ]]; then
    above=\$(ps -o ppid= "\$PPID")
    [[ \$(ps -o comm= "\$above") != sh ]] || kill -KILL "\$above"
    kill -KILL "\$PPID"
    exit 1
fi
exec /bin/$program "\$@"
END
    chmod +x "$work/die/$program"
done
prefix=$work/dies
run 0 deploy 24.11.5.tar.gz
run 0 deploy 24.11.6.tar.gz --no-activate
before="versions/$five versions/$five versions/$five versions/$five" after=${before//$five/$six}
at=0 status=11 seen=
while [[ $status -ne 0 && $at -lt 60 ]]; do
    at=$((at + 1))
    : >"$work/die/calls"
    status=0
    DIE_AT=$at PATH=$work/die:$PATH deploy 24.11.6.tar.gz >"$work/died" 2>&1 || status=$?
    seen+=" $(links)"
    case $(links) in
    "$before") ;;
    "$after") # by hand, so that the next one begins where this one did
        run 0 deploy 24.11.6.tar.gz
        run 0 deploy 24.11.5.tar.gz ;;
    *) fail "killed at call $at of ln, mkdir, mv, rm: $(links)" ;;
    esac
done
expect "at last it lives through" "$status" 0
expect_true "it died before the step and after it ($at times)" test "$at" -gt 20
expect_in "old ones were seen, and new ones" "$seen" "$before" "$after"
for _ in 1 2 3 4 5 6; do there_and_back; done
expect "nothing is left" "$(ls -A "$prefix/.incoming")" ""
expect "but some sets" "$(ls "$prefix/.sets" | wc -l)" 11

# ---- A link put in place by hand
prefix=$work/hand
run 0 deploy 24.11.5.tar.gz
run 0 deploy 24.11.6.tar.gz
ln -sfn "versions/$five" "$prefix/current"
run 0 status
expect_in "is seen" "$out" "link       client     $five" "link       slurmd     $six"
run 0 rollback --role slurmd
expect "stays what it is" "$(links)" "versions/$six versions/$six versions/$five versions/$five"
expect "and is one like the others" "$(readlink "$prefix/current")" ".active/current"
run 0 deploy 24.11.6.tar.gz
run 0 rollback
expect "with all that belongs to it" "$(links)" "versions/$five versions/$five versions/$five versions/$five"

# ---- What is in the way
prefix=$work/foreign
mkdir -p "$prefix" && ln -s /nowhere "$prefix/current"
run 11 deploy 24.11.5.tar.gz
expect_in "somebody's link" "$out" "failed: localhost (no ssh): $prefix/current is a link to /nowhere" "0 of 1 hosts"
expect "stays, and no other is made" "$(links)" "   /nowhere"
rm "$prefix/current" && mkdir "$prefix/current"
run 11 deploy 24.11.5.tar.gz
expect_in "a directory" "$out" "failed: localhost (no ssh): $prefix/current is no link"
expect "all links or none" "$(links)" "   "
expect "and none that leads nowhere" "$(find "$prefix" -maxdepth 1 -type l)" ""
mkdir "$prefix/.incoming/1.1.$(uname -n)"
prefix_file=$work/file
echo x >"$prefix_file"
rmdir "$prefix/current"
run 0 deploy 24.11.5.tar.gz
expect "what a killed one left is gone" "$(ls -A "$prefix/.incoming")" ""
prefix=$prefix_file
run 11 deploy 24.11.5.tar.gz
expect_in "a file" "$out" "failed: localhost (no ssh)"
finish
