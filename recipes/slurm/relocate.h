/*
 * Where this Slurm lies, found when the program starts.
 *
 * Slurm compiles its installation directory in. relocate.sh adds this file to
 * src/common/slurm_protocol_api.c (once in each of libslurmfull, libslurm and
 * libslurm_pmi), so that a tree unpacked elsewhere finds its own plugins and
 * programs. Nothing but paths below SLURM_PREFIX (config.h) is changed: a
 * sysconfdir of /etc/slurm stays what it is.
 *
 * The installation directory is the first of these that holds the plugin
 * directory:
 *   1. $SLURM_INSTALL_PREFIX, if absolute, and not in a set-uid program
 *   2. a parent directory of the object this code was loaded from, the
 *      nearest first
 *   3. SLURM_PREFIX
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "src/common/xstring.h"

extern char *default_plugin_path;
extern char *default_slurm_config_file;

static char relocate_root[PATH_MAX] = SLURM_PREFIX;

/* The part of a path below SLURM_PREFIX, with its '/', or NULL. */
static const char *relocate_below(const char *path)
{
	size_t len = strlen(SLURM_PREFIX);

	if (strncmp(path, SLURM_PREFIX, len) || (path[len] != '/'))
		return NULL;
	return path + len;
}

/* root + below in malloc memory, as configured names cannot be written to. */
static char *relocate_join(const char *root, const char *below)
{
	size_t len = strlen(root);
	char *path = malloc(len + strlen(below) + 1);

	if (path) {
		memcpy(path, root, len);
		strcpy(path + len, below);
	}
	return path;
}

static int relocate_is_root(const char *root, const char *plugins)
{
	char *path = relocate_join(root, plugins);
	struct stat st;
	int yes = path && !stat(path, &st) && S_ISDIR(st.st_mode);

	free(path);
	return yes;
}

static void relocate_move(char **path)
{
	const char *below = relocate_below(*path);
	char *moved = below ? relocate_join(relocate_root, below) : NULL;

	if (moved)
		*path = moved;
}

static void __attribute__((constructor)) relocate_init(void)
{
	const char *plugins = relocate_below(default_plugin_path);
	const char *env = secure_getenv("SLURM_INSTALL_PREFIX");
	char root[PATH_MAX];
	Dl_info self;

	if (!plugins)
		return;
	if (env && (env[0] == '/') && (strlen(env) < sizeof(root)) &&
	    relocate_is_root(env, plugins)) {
		strcpy(root, env);
		for (size_t n = strlen(root); n && (root[n - 1] == '/'); n--)
			root[n - 1] = '\0';
	} else {
		char *slash;

		if (!dladdr(relocate_root, &self) || !self.dli_fname ||
		    !realpath(self.dli_fname, root))
			return;
		do {
			if (!(slash = strrchr(root, '/')))
				return;
			*slash = '\0';
		} while (!relocate_is_root(root, plugins));
	}
	strcpy(relocate_root, root);
	relocate_move(&default_plugin_path);
	relocate_move(&default_slurm_config_file);
}

/* Where a configured path lies now; xfree() the result. */
extern char *slurm_relocated_path(const char *path)
{
	const char *below = relocate_below(path);

	if (below)
		return xstrdup_printf("%s%s", relocate_root, below);
	return xstrdup(path);
}
