#!/bin/bash
# release_node.sh LAB VERSION [apt]: what release_test.sh runs in a bare system; LAB has tool.tar.gz,
# builds, cache, site.pub.
set -euo pipefail
lab=$1 version=$2
export HOME=/root PATH=/opt/tool/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset SLURM_FACTORY_ROOT
bundle=$lab/builds/slurm-$version-software.tar.gz
if [ "${3:-}" = apt ]; then rm /usr/bin/apt*; fi

say() { echo "--- $*"; }
# run STATUS COMMAND...: $out is what it printed.
run() {
    local want=$1 status=0
    shift
    out=$("$@" 2>&1) || status=$?
    if [ "$status" != "$want" ]; then
        echo "FAILED: $*: status $status, not $want: $out"
        exit 1
    fi
}
expect() { # TEXT...: all are in $out
    local text
    for text in "$@"; do
        [[ $out == *"$text"* ]] || { echo "FAILED: no '$text' in: $out"; exit 1; }
    done
}

say "unpack"
mkdir /srv/first
tar -x -z -f "$lab/tool.tar.gz" -C /srv/first
mv /srv/first/slurm-factory-* /opt/
ln -s "$(basename /opt/slurm-factory-*)" /opt/tool
[ -z "$(find /opt/tool/ -newer "$lab/tool.tar.gz" -o ! -user 0 -o -perm /022 ! -type l)" ]
for file in man/man1/slurm-factory-build.1 doc/slurm-factory/docs/installation.md doc/slurm-factory/licences/versions; do
    test -s "/opt/tool/share/$file"
done
bash -n /opt/tool/share/bash-completion/completions/slurm-factory

say "version"
run 0 slurm-factory --version
[ -d "/opt/slurm-factory-$out" ]

say "doctor"
run 9 slurm-factory doctor # no OCI runtime
expect "the OCI runtime 'crun' is not installed" "certificates" "ssh: " "gpg: "
if [ "${3:-}" = apt ]; then
    expect "this host has no apt: sources come from mirrors, and by URL" "no base image can be made" "install crun"
else
    expect "apt-get install crun" "apt-get install mmdebstrap"
fi

say "spec, plan"
run 0 slurm-factory spec --slurm-version "$version" --minimal
expect "munge"
run 0 slurm-factory plan --slurm-version "$version" --minimal

say "deploy, verify"
run 0 slurm-factory verify "$bundle"
run 0 slurm-factory deploy "$bundle" --prefix /opt/slurm
run 0 /opt/slurm/current/sbin/slurmctld -V
expect "slurm $version"

say "build, all from the cache"
run 0 slurm-factory cache keys add "$lab/site.pub"
build=(slurm-factory build --image bookworm --locked "$lab/builds/slurm-$version.lock" --cache "$lab/cache")
run 0 "${build[@]}" --output /srv/builds
cmp "$bundle" "/srv/builds/slurm-$version-software.tar.gz"
(cd /srv/builds && sha256sum --quiet -c ./*.sha256)

say "wrong input"
head -c 100000 "$bundle" >/srv/cut.tar.gz
run 9 slurm-factory verify /srv/cut.tar.gz
expect "/srv/cut.tar.gz"
run 9 slurm-factory deploy /srv/cut.tar.gz --prefix /opt/other
[ ! -e /opt/other ]
run 2 slurm-factory spec nosuchpackage
run 6 slurm-factory --root /srv/empty build --slurm-version "$version" --minimal
[ "${3:-}" != apt ] || expect "no base image can be made on a host without apt"
run 6 "${build[@]}" --root /srv/strangers # nobody is trusted there
expect "no public key is in /srv/strangers/keys"
mkdir -p /srv/alone/bin
cp /opt/tool/bin/slurm-factory /srv/alone/bin
run 1 /srv/alone/bin/slurm-factory spec
expect "the built-in recipes are missing" "SLURM_FACTORY_DATA"
say "all well"
