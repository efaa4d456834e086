#!/bin/bash
# reproducible_test.sh TOOL [OPTION...]: a cold build by an ordinary user, in a directory of his and without a compiler
# cache, gives the layers and tarballs that root has, who built them at another time (or builds them now, where the root
# has none). The options say what is built; none: the default Slurm. By hand: it takes as long as a cold build.
set -euo pipefail
[[ -n ${SF_PRIVATE_MOUNTS:-} ]] || SF_PRIVATE_MOUNTS=yes exec unshare --mount --propagation private "$0" "$@"
tool=$1
shift
[ $# -gt 0 ] || set -- --slurm-version 24.11
here=$(cd "$(dirname "$0")" && pwd)
root=${SLURM_FACTORY_ROOT:-$HOME/.slurm-factory}
lab=$(mktemp -d "${TMPDIR:-/tmp}/sf-reproducible.XXXXXX")
trap 'rm -rf "$lab"' EXIT
. "$here/../support/ordinary_user.sh"
lend 300000:65536
install -d -o $user -g $user "$lab/user"
mkdir $seen/data
mount --bind "$lab/user" $seen/home
for part in recipes images smoke floor; do cp -R "$here/../../$part" $seen/data/; done
install -m 755 "$tool" $seen/slurm-factory

# The archives are the same wherever they come from: their sha256 is part of every key.
mkdir -p "$lab/user/factory/cache"
cp -R "$root/cache/sources" "$lab/user/factory/cache/"
echo "levers: {ccache: false}" >"$lab/user/factory/config.yaml"
chown -R $user:$user "$lab/user"

"$tool" build "$@" --output "$lab/admin" --quiet
as_user env SLURM_FACTORY_DATA=$seen/data $seen/slurm-factory --root $seen/home/factory build "$@" | tee "$lab/said"

# layers DIRECTORY: each package with its key and the digests of its slices.
layers() {
    python3 - "$1"/*-manifest.json <<'P'
import json, sys
for package in sorted(json.load(open(sys.argv[1]))["packages"], key=lambda p: p["name"]):
    print(package["name"], package["version"], package["key"], package["layers"])
P
}
layers "$lab/admin" >"$lab/admin.layers"
layers "$lab/user/factory/builds" >"$lab/user.layers"
diff "$lab/admin.layers" "$lab/user.layers"
for kind in software module; do
    cmp "$lab"/admin/*-$kind.tar.gz "$lab"/user/factory/builds/*-$kind.tar.gz
done
grep -q '^[1-9][0-9]* packages built, 0 from the store' "$lab/said" || { echo "nothing was built"; exit 1; }
echo "the same: $(wc -l <"$lab/admin.layers") packages and the tarballs"
