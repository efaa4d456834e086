#!/bin/bash
# cluster_test.sh TOOL [VERSION]: builds a real minimal Slurm and proves that it runs wherever it is unpacked.
. "$(dirname "$0")/test_lib.sh"

build_bundle --minimal
check_size "$software" 8000000

FACTORY=$(realpath "$tool") BUNDLE=$software
export FACTORY BUNDLE

step "unpack to two directories, one name shorter and one longer than the build prefix"
short=$lab/a long=$lab/a-much-longer-name-than-the-build-prefix-had/of/this/tree
unpack "$short"
unpack "$long"
prove one_node.sh / "$short/software"
prove one_node.sh / "$long/software"

step "moved with mv"
mkdir "$lab/moved"
mv "$short/software" "$lab/moved/renamed"
prove one_node.sh / "$lab/moved/renamed"

step "Debian trixie"
prove one_node.sh "$(image_root trixie-run)" "$lab/moved/renamed"

step "verify --run"
"$tool" verify --on bookworm-run --on trixie-run --images "$here/images" "$software"
cp -r "$lab/moved/renamed" "$lab/broken"
rm "$lab/broken/lib/slurm/select_cons_tres.so"
said=$("$tool" verify --on trixie-run --images "$here/images" "$lab/broken" 2>&1) && status=0 || status=$?
echo "$said"
[ "$status" = 9 ] && grep -q 'FAILED  slurmctld' <<<"$said" && grep -q 'fatal: .*select' <<<"$said"

step "the first configuration"
"$tool" init "$lab/init" --cluster mine --control node1 --nodes node1
prove init_node.sh "$(image_root trixie-run)" "$lab/moved/renamed"
echo "all clusters ran"
