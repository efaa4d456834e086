#!/bin/bash
# lxd_test.sh TESTS: the tests of the sandbox with a real LXD daemon, one of the test's own.
set -euo pipefail
. "$(dirname "$0")/../../support/lxd.sh"
start_lxd
SF_TEST_LXD_SOCKET=$LXD_DIR/unix.socket "$1" --gtest_filter='*/lxd' --gtest_brief=1
