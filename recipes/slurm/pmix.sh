#!/bin/sh
# From 5.0.8 on PMIx waits for an answer when a program connects, unless it is told at once that all is done. Slurm says
# so itself from 25.11 on, 25.05 to PMIx 6 only; without it the programs of a step hang in PMIx_Init().
set -eu
. "$(dirname "$0")/edit.sh"

file=src/plugins/mpi/pmix/pmixp_client_v2.c
function='/^static int _client_connected(/,/^}/'

if ! sed -n "$function p" $file | grep -q HAVE_PMIX_VER; then
	edit $file "$function s/return PMIX_SUCCESS;/return PMIX_OPERATION_SUCCEEDED;/"
fi
edit $file "$function s/HAVE_PMIX_VER >= 6/HAVE_PMIX_VER >= 5/"
sed -n "$function p" $file | grep -q 'HAVE_PMIX_VER >= 5\|return PMIX_OPERATION_SUCCEEDED' ||
	fail "$file: _client_connected() is not as expected"
