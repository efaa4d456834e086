#!/bin/sh
# Makes an unpacked PMIx source tree build a library that finds its own
# installation directory at run time (relocate.h). Run in the top of the
# source tree. Fails where a version of PMIx does not look as expected.
set -eu

here=$(dirname "$0")
file=src/mca/pinstalldirs/base/pinstalldirs_base_components.c
call='expand_setup(pmix_pinstall_dirs.prefix);'

grep -qF "$call" $file || {
	echo "relocate.sh: $file: no '$call'" >&2
	exit 1
}
# The header comes first: it needs _GNU_SOURCE of pmix_config.h.
sed -i -e '/^#include "pmix_config.h"$/a\
#include "relocate.h"' \
	-e '/^#include "src\/include\/pmix_config.h"$/a\
#include "relocate.h"' \
	-e 's/expand_setup(pmix_pinstall_dirs.prefix);/expand_setup(relocate_prefix(pmix_pinstall_dirs.prefix));/' $file
grep -qF '#include "relocate.h"' $file || {
	echo "relocate.sh: $file does not include pmix_config.h" >&2
	exit 1
}
cp "$here/relocate.h" src/mca/pinstalldirs/base/
