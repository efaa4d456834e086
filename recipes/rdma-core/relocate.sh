#!/bin/sh
# Makes an unpacked rdma-core source tree build a libibverbs that loads the
# providers it came with, from beside itself (relocate.h), and none that
# /etc/libibverbs.d names: those belong to the system's libibverbs. Run in the
# top of the source tree, with the names of the providers. Fails where a
# version of rdma-core does not look as expected.
set -eu

here=$(dirname "$0")
file=libibverbs/dynamic_driver.c

drivers=
for provider in "$@"; do
	drivers="$drivers load_driver(\"$provider\");"
done
sed -i -e '/^#include "ibverbs.h"$/a\
#include "relocate.h"' \
	-e 's|VERBS_PROVIDER_DIR "/lib%s" VERBS_PROVIDER_SUFFIX,|"%s/libibverbs/lib%s" VERBS_PROVIDER_SUFFIX, relocate_directory(),|' \
	-e "s|^	read_config();|	$drivers|" \
	-e 's|^static void read_config(|static void __attribute__((unused)) read_config(|' $file
for text in '#include "relocate.h"' 'relocate_directory(),' '	 load_driver("' 'unused)) read_config('; do
	grep -qF "$text" $file || {
		echo "relocate.sh: $file: nothing became '$text'" >&2
		exit 1
	}
done
cp "$here/relocate.h" libibverbs/
