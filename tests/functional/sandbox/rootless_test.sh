#!/bin/bash
# rootless_test.sh TESTS: the tests of the sandbox, run by an ordinary user in a user namespace: with ranges of
# subordinate ids, then with none.
set -euo pipefail
[[ $EUID == 0 ]] || { echo "skipped: needs root, to have another user"; exit 77; }
[[ -n ${SF_PRIVATE_MOUNTS:-} ]] || SF_PRIVATE_MOUNTS=yes exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/../../support/ordinary_user.sh"
install -m 755 "$1" $seen/tests

lend 300000:65536
as_user unshare --user --map-root-user --map-auto $seen/tests --gtest_brief=1
lend_nothing
as_user unshare --user --map-root-user $seen/tests --gtest_brief=1
