/*
 * The directory this libibverbs lies in, found when it starts. Its providers
 * are below it, in libibverbs/. relocate.sh adds this file to
 * libibverbs/dynamic_driver.c.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *relocate_directory(void)
{
	static char directory[PATH_MAX];
	char path[PATH_MAX];
	char *slash;
	Dl_info self;

	if (!directory[0] && dladdr(directory, &self) && self.dli_fname &&
	    realpath(self.dli_fname, path) && (slash = strrchr(path, '/'))) {
		*slash = '\0';
		strcpy(directory, path);
	}
	return directory;
}
