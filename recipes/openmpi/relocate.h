/*
 * Where this libopen-pal lies, found when it starts: the parent directory of
 * the library's directory. relocate.sh adds this file to
 * opal/mca/installdirs/base/installdirs_base_components.c. OPAL_PREFIX in the
 * environment comes first, as ever.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const char *relocate_prefix(const char *configured)
{
    static char *prefix = NULL;
    char *slash;
    Dl_info self;

    if ('\0' != *configured) {
        return configured;
    }
    if (NULL == prefix && 0 != dladdr(&prefix, &self) && NULL != self.dli_fname &&
        NULL != (prefix = realpath(self.dli_fname, NULL))) {
        for (int up = 0; up < 2 && NULL != (slash = strrchr(prefix, '/')); up++) {
            *slash = '\0';
        }
    }
    return NULL == prefix ? "" : prefix;
}
