#!/bin/bash
# `init`: first configuration files of a cluster, and no file that is there is ever touched.
. "$(dirname "$0")/lib.sh"
new_root root
init() { factory init "$work/new" --cluster mine --control head1 --nodes 'node[01-16],gpu1' "$@"; }
files() { (cd "$work/new" && find . -type f | sort | tr '\n' ' '); }

run 0 init
expect "what is written" "$(files)" "./etc/slurm/cgroup.conf ./etc/slurm/slurm.conf ./etc/systemd/system/munge.service \
./etc/systemd/system/slurmctld.service ./etc/systemd/system/slurmd.service ./etc/systemd/system/slurmrestd.service \
./etc/sysusers.d/slurm.conf ./etc/tmpfiles.d/slurm.conf "
expect_in "it says so, and what is next" "$out" "wrote  $work/new/etc/slurm/slurm.conf" "Next:" "slurmd -C" \
    "/opt/slurm/current/sbin/mungekey"
conf=$(<"$work/new/etc/slurm/slurm.conf")
expect_in "slurm.conf" "$conf" "ClusterName=mine" "SlurmctldHost=head1" "NodeName=node[01-16],gpu1 "
expect_not_in "no accounting without a database" "$conf" "Accounting"
expect "nothing is left to fill in" "$(grep -rn '@' "$work/new" || true)" ""
expect_in "units go through the links" "$(<"$work/new/etc/systemd/system/slurmctld.service")" \
    "ExecStart=/opt/slurm/ctld/sbin/slurmctld"
expect_in "nodes ask the controller" "$(<"$work/new/etc/systemd/system/slurmd.service")" \
    "ExecStart=/opt/slurm/d/sbin/slurmd -D --conf-server head1:6817"

# ---- Nothing is overwritten
echo mine >"$work/new/etc/slurm/slurm.conf"
rm "$work/new/etc/slurm/cgroup.conf"
run 10 init
expect_in "files that exist are named" "$out" "error: $work/new has files that init would write" \
    "    etc/slurm/slurm.conf" "hint: " "--missing-only"
expect_true "then nothing is written" test ! -e "$work/new/etc/slurm/cgroup.conf"
run 0 init --missing-only --database db1
expect_in "what is missing is written" "$out" "wrote  $work/new/etc/slurm/cgroup.conf" \
    "kept   $work/new/etc/slurm/slurm.conf" "wrote  $work/new/etc/systemd/system/slurmdbd.service"
expect "what is there stays" "$(<"$work/new/etc/slurm/slurm.conf")" "mine"
rm "$work/new/etc/slurm/cgroup.conf"
ln -s nowhere "$work/new/etc/slurm/cgroup.conf"
run 10 init
expect "a link is a file too" "$(readlink "$work/new/etc/slurm/cgroup.conf")" "nowhere"
run 0 init --missing-only --with nss,pam
expect_in "what a kept file lacks is told" "$out" "etc/slurm/slurm.conf was kept. Before" "PrologFlags=contain" \
    "LaunchParameters=enable_nss_slurm"
run 0 init --missing-only
expect "with everything there nothing is to be done" "$(grep -c Next: <<<"$out" || true)" "0"
expect "no drafts are left" "$(find "$work/new" -name '*.new-*')" ""

# ---- With a database, elsewhere
rm -r "$work/new"
run 0 init --database db1 --prefix /srv/slurm//
conf=$(<"$work/new/etc/slurm/slurm.conf")
expect_in "accounting" "$conf" "AccountingStorageHost=db1"
expect_not_in "no mark of a condition" "$conf" "@"
expect_in "slurmdbd.conf" "$(<"$work/new/etc/slurm/slurmdbd.conf")" "DbdHost=db1"
expect "nobody else reads it" "$(stat -c %a "$work/new/etc/slurm/slurmdbd.conf")" "600"
expect_in "another prefix" "$(<"$work/new/etc/systemd/system/slurmdbd.service")" "ExecStart=/srv/slurm/dbd/sbin/slurmdbd"

# ---- What hosts load
rm -r "$work/new"
run 0 init
expect_not_in "without --with slurm.conf says nothing of it" "$(<"$work/new/etc/slurm/slurm.conf")" "Flags" "nss"
expect_not_in "nor do the next steps" "$out" "nsswitch" "pam"
rm -r "$work/new"
run 0 init --with nss,pam --prefix /srv/slurm
expect_in "the files, and what is next" "$out" "wrote  $work/new/etc/nss_slurm.conf" "wrote  $work/new/etc/pam.d/slurm-adopt" \
    "  6. " "/etc/nsswitch.conf" "ln -s /srv/slurm/d/lib/libnss_slurm.so.2" "  7. " "/etc/pam.d/sshd"
expect_in "slurm.conf" "$(<"$work/new/etc/slurm/slurm.conf")" "LaunchParameters=enable_nss_slurm" "PrologFlags=contain"
expect_in "the module by its absolute path" "$(<"$work/new/etc/pam.d/slurm-adopt")" \
    "/srv/slurm/d/lib/security/pam_slurm_adopt.so"
expect "the same directory as in slurm.conf" "$(grep -h ^SlurmdSpoolDir= "$work"/new/etc/{slurm/slurm,nss_slurm}.conf |
    sort -u)" "SlurmdSpoolDir=/var/spool/slurmd"
expect "nothing is left to fill in" "$(grep -rn '@[A-Z]' "$work/new" || true)" ""
rm -r "$work/new"
run 0 init --with pam --database db1
expect_in "one of them alone, and a database" "$(<"$work/new/etc/slurm/slurm.conf")" "PrologFlags=contain" \
    "AccountingStorageHost=db1"
expect_true "  without the other's file" test ! -e "$work/new/etc/nss_slurm.conf"

# ---- Real systemd reads the units
if command -v systemd-analyze >/dev/null; then
    rm -r "$work/new"
    run 0 init --database db1 --prefix "$work/prefix"
    for program in current/sbin/munged ctld/sbin/{slurmctld,slurmrestd} d/sbin/slurmd dbd/sbin/slurmdbd; do
        mkdir -p "$work/prefix/${program%/*}"
        printf '#!/bin/sh\n' >"$work/prefix/$program"
        chmod 755 "$work/prefix/$program"
    done
    run 0 systemd-analyze verify "$work"/new/etc/systemd/system/*.service
    expect "systemd has nothing to say of the units" "$out" ""
    echo "Restart=sometimes" >>"$work/new/etc/systemd/system/munge.service"
    expect_true "it would" grep -q munge <(systemd-analyze verify "$work/new/etc/systemd/system/munge.service" 2>&1)
    mkdir -p "$work/target/etc"
    touch "$work/target/etc/"{passwd,group}
    run 0 systemd-sysusers --root="$work/target" "$work/new/etc/sysusers.d/slurm.conf"
    expect_in "its users are made" "$(<"$work/target/etc/passwd")" "slurm:x:64030:" "munge:x:" "slurmrestd:x:"
    run 0 systemd-tmpfiles --root="$work/target" --create "$work/new/etc/tmpfiles.d/slurm.conf"
    expect "its directories are made" "$(stat -c '%a %u' "$work/target/var/spool/slurmctld")" "700 64030"
fi

# ---- What cannot be
refused() { # STATUS PART OPTION...
    local status=$1 part=$2
    shift 2
    run "$status" factory init "$work/other" "$@"
    expect_in "refused: $*" "$out" "error: " "$part"
    expect_true "  and nothing is written" test ! -e "$work/other"
}
refused 2 "'Mine' is not a cluster name" --cluster Mine --control head1 --nodes n1
refused 2 "'a b' is not a host name" --cluster mine --control 'a b' --nodes n1
refused 2 "'-x' is not a host name" --cluster mine --control=-x --nodes n1
for nodes in 'n[1-4' 'n]1[' 'n[]' 'n 1' 'n[[1]]' ''; do
    refused 2 "'$nodes' is not a list of hosts" --cluster mine --control head1 --nodes "$nodes"
done
refused 2 "'relative' is not a prefix" --cluster mine --control head1 --nodes n1 --prefix relative
refused 2 "'ldap' is not one of nss, pam" --cluster mine --control head1 --nodes n1 --with ldap
refused 2 "--nodes is required" --cluster mine --control head1
touch "$work/file"
run 1 factory init "$work/file" --cluster mine --control head1 --nodes n1
expect_in "a file is not a directory" "$out" "error: " "$work/file"
finish
