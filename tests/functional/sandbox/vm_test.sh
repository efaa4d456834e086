#!/bin/bash
# vm_test.sh TESTS [FILTER]: the tests of the sandbox on a host that has control groups of version 2 only, and all rights:
# a virtual machine. Run by hand (about five minutes without KVM); tests/support/vm.sh says what it needs.
set -euo pipefail
. "$(dirname "$0")/../../support/vm.sh"
tests=$(realpath "$1") filter=${2:-*}
lab=$(mktemp -d "${TMPDIR:-/tmp}/sf-vm.XXXXXX")
trap 'rm -rf "$lab"' EXIT

vm_root crun,runc,busybox-static,libfmt9,gcc,libc6-dev,make fs/overlayfs
cp "$tests" "$lab/extra/opt/"
vm_run 1800 "modprobe overlay
echo \"kernel \$(uname -r), control groups v2: \$(cat /sys/fs/cgroup/cgroup.controllers)\"
/opt/${tests##*/} --gtest_filter='$filter:-*/lxd'"
