#!/bin/sh
# Makes libnss_slurm a library that needs none of the tree. Every program of
# the host that looks up a user loads it, by a link in the system's library
# directory, where a run path relative to the file leads nowhere. Run in the
# top of an unpacked source tree.
set -eu
. "$(dirname "$0")/edit.sh"

cd contribs/nss_slurm

# The objects of libslurm are linked in; the linker drops what is not called.
# Nothing but the interface of glibc's name service is exported, so that this
# copy and a libslurm of the same program do not meet.
cat >exports.map <<'MAP'
{ global: _nss_slurm_*; local: *; };
MAP
flags='-Wl,--version-script=$(srcdir)/exports.map -Wl,-z,defs -Wl,-z,now'

# Without a directory and a node's name, libslurm would look for them in
# slurm.conf, which takes a lookup of users and so comes back to this library.
# libnss_slurm always passes both, so the code that reads slurm.conf can go.
for function in lock unlock expand_slurmd_path get_nodename \
	get_aliased_nodename; do
	flags="$flags -Wl,--wrap=slurm_conf_$function"
done
edit libnss_slurm.c '$r /dev/stdin' <<'CODE'

extern slurm_conf_t *__wrap_slurm_conf_lock(void)
{
	static slurm_conf_t nothing;

	return &nothing;
}

extern void __wrap_slurm_conf_unlock(void)
{
}

extern char *__wrap_slurm_conf_expand_slurmd_path(const char *path,
						  const char *node_name,
						  const char *host_name)
{
	return NULL;
}

extern char *__wrap_slurm_conf_get_nodename(const char *node_hostname)
{
	return NULL;
}

extern char *__wrap_slurm_conf_get_aliased_nodename(void)
{
	return NULL;
}
CODE

edit Makefile.in "s|/src/api/libslurm\\.la\$|/src/api/libslurmhelper.la|
	/^libnss_slurm_la_LDFLAGS = /s|\$| $flags|"
grep -q '^libnss_slurm_la_LIBADD = .*/libslurmhelper\.la$' Makefile.in ||
	fail 'Makefile.in: libnss_slurm is not linked with libslurm'
grep -q '^libnss_slurm_la_LDFLAGS = .*exports\.map' Makefile.in ||
	fail 'Makefile.in: libnss_slurm has no flags'
