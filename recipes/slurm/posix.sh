#!/bin/sh
# Slurm's configure and some Makefiles use bash where a POSIX shell runs them.
set -eu
. "$(dirname "$0")/edit.sh"

edit configure '/^ *if test /s/ == / = /; s/^\([[:space:]]*\)\([A-Za-z_][A-Za-z0-9_]*\)+="/\1\2="${\2}/'
! grep -q '^[[:space:]]*[A-Za-z_][A-Za-z0-9_]*+=' configure || fail 'configure: += is left'
for makefile in $(find src -name Makefile.in -exec grep -l pushd {} +); do
	edit "$makefile" 's/pushd \([^;]*\); \(.*\); popd/cd \1 \&\& \2/'
done
