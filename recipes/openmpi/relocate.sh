#!/bin/sh
# Makes an unpacked Open MPI source tree build a library that finds its own
# installation directory at run time (relocate.h). Run in the top of the
# source tree. Fails where a version of Open MPI does not look as expected.
set -eu

here=$(dirname "$0")
file=opal/mca/installdirs/base/installdirs_base_components.c
call='expand_setup(opal_install_dirs.prefix);'

grep -qF "$call" $file || {
	echo "relocate.sh: $file: no '$call'" >&2
	exit 1
}
# The header comes first: it needs _GNU_SOURCE of opal_config.h.
sed -i -e '/^#include "opal_config.h"$/a\
#include "relocate.h"' \
	-e 's/expand_setup(opal_install_dirs.prefix);/expand_setup(relocate_prefix(opal_install_dirs.prefix));/' $file
grep -qF '#include "relocate.h"' $file || {
	echo "relocate.sh: $file does not include opal_config.h" >&2
	exit 1
}
cp "$here/relocate.h" opal/mca/installdirs/base/
