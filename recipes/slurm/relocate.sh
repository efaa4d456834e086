#!/bin/sh
# Makes an unpacked Slurm source tree build programs that find their own
# installation directory at run time (relocate.h). Run in the top of the
# source tree. Fails, naming the place, where a version of Slurm does not look
# as expected: better no build than one that only works in one directory.
set -eu

here=$(dirname "$0")
. "$here/edit.sh"

# edit_lines FILE COUNT SED-SCRIPT PATTERN: after the edit PATTERN must be on
# COUNT lines.
edit_lines() {
	edit "$1" "$3"
	found=$(grep -c "$4" "$1" || true)
	test "$found" -eq "$2" ||
		fail "$1: expected $2 lines with '$4' after the edit, found $found"
}

# slurmstepd, started by slurmd. The header comes first: it needs _GNU_SOURCE.
api=src/common/slurm_protocol_api.c
edit_lines "$api" 1 '/^#include "config.h"$/a\
#include "src/common/relocate.h"' '^#include "src/common/relocate.h"$'
edit_lines "$api" 1 's|xstrdup_printf("%s/slurmstepd", *SBINDIR)|slurm_relocated_path(SBINDIR "/slurmstepd")|' \
	'slurm_relocated_path(SBINDIR "/slurmstepd")'

# srun, started by the pmi2 plugin for MPI_Comm_spawn.
spawn=src/plugins/mpi/pmi2/spawn.c
edit_lines "$spawn" 2 's|execve(SLURM_PREFIX *"/bin/srun"|execve(slurm_relocated_path(SLURM_PREFIX "/bin/srun")|' \
	'execve(slurm_relocated_path('
edit_lines "$spawn" 1 '1i\
extern char *slurm_relocated_path(const char *path);' \
	'^extern char \*slurm_relocated_path('

cp "$here/relocate.h" src/common/relocate.h
touch -r "$api" src/common/relocate.h

# relocate.h moves these two, which the Makefile writes from directory names.
grep -q 'extern char \*default_plugin_path' src/common/*.[ch] ||
	fail 'default_plugin_path is gone'
grep -q 'char \*default_plugin_path = .*pkglibdir' src/common/Makefile.in ||
	fail 'src/common/Makefile.in: default_plugin_path is not made from pkglibdir'
grep -q 'char \*default_slurm_config_file = .*sysconfdir' src/common/Makefile.in ||
	fail 'src/common/Makefile.in: default_slurm_config_file is not made from sysconfdir'
