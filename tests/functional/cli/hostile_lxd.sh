#!/bin/bash
# The attacks of hostile.sh in containers of a real LXD daemon.
. "$(dirname "$0")/lib.sh"
. "$here/../../support/lxd.sh"
start_lxd
stop_all() { local status=$?; clean_up; stop_lxd "$status"; }
trap stop_all EXIT
. "$here/hostile_lib.sh"
usual_packages
new_root lxd
run 0 build # the other packages need no containers
options=(--backend lxd)
attack lxd
expect_no_leftovers "after all that"
finish
