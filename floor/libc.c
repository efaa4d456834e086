/* The static part of a floor's C library: functions that headers of newer ones call by names which older ones do not
 * have, each made of what those have under another name or of system calls. A package that does not find one of the
 * latter often brings a static one under the same name, which the header contradicts. One object for each PART_..., so
 * that a program gets what it calls and no more; make.sh takes those parts whose names the image's own C library has.
 * No header of the C library is read: they would say how to call the newer ones. */

typedef unsigned int Mode;
typedef unsigned long Device;

/* What __xstat() and __xmknod() call the structures of Linux on 64-bit processors. */
enum { stat_version = 1, mknod_version = 0 };

extern void *__dso_handle __attribute__((visibility("hidden")));

#ifdef PART_atexit
int __cxa_atexit(void (*function)(void *), void *argument, void *whose);
int atexit(void (*function)(void))
{
    return __cxa_atexit((void (*)(void *))function, 0, __dso_handle);
}
#endif

#ifdef PART_at_quick_exit
int __cxa_at_quick_exit(void (*function)(void *), void *whose);
int at_quick_exit(void (*function)(void))
{
    return __cxa_at_quick_exit((void (*)(void *))function, __dso_handle);
}
#endif

#ifdef PART_pthread_atfork
int __register_atfork(void (*before)(void), void (*parent)(void), void (*child)(void), void *whose);
int pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
    return __register_atfork(before, parent, child, __dso_handle);
}
#endif

/* 2.33 */
#define STAT(name, old)                                                                                                \
    int old(int version, const char *path, void *status);                                                             \
    int name(const char *path, void *status)                                                                           \
    {                                                                                                                  \
        return old(stat_version, path, status);                                                                        \
    }
#define FSTAT(name, old)                                                                                               \
    int old(int version, int file, void *status);                                                                     \
    int name(int file, void *status)                                                                                   \
    {                                                                                                                  \
        return old(stat_version, file, status);                                                                        \
    }
#define FSTATAT(name, old)                                                                                             \
    int old(int version, int directory, const char *path, void *status, int flags);                                   \
    int name(int directory, const char *path, void *status, int flags)                                                 \
    {                                                                                                                  \
        return old(stat_version, directory, path, status, flags);                                                      \
    }
#ifdef PART_stat
STAT(stat, __xstat)
#endif
#ifdef PART_stat64
STAT(stat64, __xstat64)
#endif
#ifdef PART_lstat
STAT(lstat, __lxstat)
#endif
#ifdef PART_lstat64
STAT(lstat64, __lxstat64)
#endif
#ifdef PART_fstat
FSTAT(fstat, __fxstat)
#endif
#ifdef PART_fstat64
FSTAT(fstat64, __fxstat64)
#endif
#ifdef PART_fstatat
FSTATAT(fstatat, __fxstatat)
#endif
#ifdef PART_fstatat64
FSTATAT(fstatat64, __fxstatat64)
#endif
#ifdef PART_mknod
int __xmknod(int version, const char *path, Mode mode, Device *device);
int mknod(const char *path, Mode mode, Device device)
{
    return __xmknod(mknod_version, path, mode, &device);
}
#endif
#ifdef PART_mknodat
int __xmknodat(int version, int directory, const char *path, Mode mode, Device *device);
int mknodat(int directory, const char *path, Mode mode, Device device)
{
    return __xmknodat(mknod_version, directory, path, mode, &device);
}
#endif

/* 2.29 to 2.36: system calls of Linux on x86_64. One that the kernel does not know fails with ENOSYS, as it does with a
 * newer C library. */
long syscall(long number, ...);
typedef unsigned long Size;
#ifdef PART_getcpu
int getcpu(unsigned int *cpu, unsigned int *node)
{
    return (int)syscall(309, cpu, node, 0);
}
#endif
#ifdef PART_gettid
int gettid(void)
{
    return (int)syscall(186);
}
#endif
#ifdef PART_tgkill
int tgkill(int process, int thread, int signal)
{
    return (int)syscall(234, process, thread, signal);
}
#endif
#ifdef PART_getdents64
long getdents64(int directory, void *entries, Size size)
{
    return syscall(217, directory, entries, size);
}
#endif
#ifdef PART_execveat
int execveat(int directory, const char *path, char *const *arguments, char *const *environment, int flags)
{
    return (int)syscall(322, directory, path, arguments, environment, flags);
}
#endif
#ifdef PART_close_range
int close_range(unsigned int first, unsigned int last, int flags)
{
    return (int)syscall(436, first, last, flags);
}
#endif
#ifdef PART_pidfd_send_signal
int pidfd_send_signal(int process, int signal, void *information, unsigned int flags)
{
    return (int)syscall(424, process, signal, information, flags);
}
#endif
#ifdef PART_pidfd_open
int pidfd_open(int process, unsigned int flags)
{
    return (int)syscall(434, process, flags);
}
#endif
#ifdef PART_pidfd_getfd
int pidfd_getfd(int process, int file, unsigned int flags)
{
    return (int)syscall(438, process, file, flags);
}
#endif

/* 2.38, as POSIX has them since 2024. */
#if defined PART_strlcpy || defined PART_strlcat
Size strlen(const char *text);
Size strnlen(const char *text, Size most);
void *memcpy(void *to, const void *from, Size size);
#endif
#ifdef PART_strlcpy
Size strlcpy(char *to, const char *from, Size size)
{
    const Size length = strlen(from);
    if (size > 0) {
        const Size copied = length < size ? length : size - 1;
        memcpy(to, from, copied);
        to[copied] = 0;
    }
    return length;
}
#endif
#ifdef PART_strlcat
Size strlcat(char *to, const char *from, Size size)
{
    const Size before = strnlen(to, size);
    const Size length = strlen(from);
    if (before < size) {
        const Size room = size - before - 1;
        const Size copied = length < room ? length : room;
        memcpy(to + before, from, copied);
        to[before + copied] = 0;
    }
    return before + length;
}
#endif

/* 2.36, where they take the kernel's random numbers, too. */
#ifdef PART_arc4random
typedef unsigned int Number;
int open(const char *path, int flags, ...);
long read(int file, void *to, Size size);
int close(int file);
void abort(void) __attribute__((noreturn));
int *__errno_location(void);
enum { getrandom_call = 318, interrupted = 4, unknown_call = 38, read_only_and_close_on_exec = 02000000 };

/* Before Linux 3.17 there is no such call. */
static long read_device(void *to, Size size)
{
    const int file = open("/dev/urandom", read_only_and_close_on_exec);
    const long got = file < 0 ? -1 : read(file, to, size);
    const int error = *__errno_location();
    if (file >= 0)
        close(file);
    *__errno_location() = error;
    return got;
}

void arc4random_buf(void *to, Size size)
{
    unsigned char *place = to;
    const int error = *__errno_location();
    while (size > 0) {
        long got = syscall(getrandom_call, place, size, 0);
        if (got < 0 && *__errno_location() == unknown_call)
            got = read_device(place, size);
        if (got < 0 && *__errno_location() != interrupted)
            abort();
        place += got > 0 ? got : 0;
        size -= got > 0 ? (Size)got : 0;
    }
    *__errno_location() = error;
}

Number arc4random(void)
{
    Number number;
    arc4random_buf(&number, sizeof number);
    return number;
}

Number arc4random_uniform(Number bound)
{
    if (bound < 2)
        return 0;
    const Number too_small = -bound % bound; /* so many of 2^32 have no equals among the multiples of bound */
    Number number;
    do
        number = arc4random();
    while (number < too_small);
    return number % bound;
}
#endif

/* 2.34: until then headers made these names ones that begin with __. */
#ifdef PART_dn_comp
int __dn_comp(const char *name, unsigned char *to, int size, unsigned char **names, unsigned char **last);
int dn_comp(const char *name, unsigned char *to, int size, unsigned char **names, unsigned char **last)
{
    return __dn_comp(name, to, size, names, last);
}
#endif
#ifdef PART_dn_expand
int __dn_expand(const unsigned char *begin, const unsigned char *end, const unsigned char *from, char *to, int size);
int dn_expand(const unsigned char *begin, const unsigned char *end, const unsigned char *from, char *to, int size)
{
    return __dn_expand(begin, end, from, to, size);
}
#endif
#ifdef PART_dn_skipname
int __dn_skipname(const unsigned char *name, const unsigned char *end);
int dn_skipname(const unsigned char *name, const unsigned char *end)
{
    return __dn_skipname(name, end);
}
#endif
#define RES_QUERY(name, old)                                                                                           \
    int old(const char *domain, int class, int type, unsigned char *answer, int size);                                \
    int name(const char *domain, int class, int type, unsigned char *answer, int size)                                 \
    {                                                                                                                  \
        return old(domain, class, type, answer, size);                                                                 \
    }
#define RES_NQUERY(name, old)                                                                                          \
    int old(void *state, const char *domain, int class, int type, unsigned char *answer, int size);                   \
    int name(void *state, const char *domain, int class, int type, unsigned char *answer, int size)                    \
    {                                                                                                                  \
        return old(state, domain, class, type, answer, size);                                                          \
    }
#ifdef PART_res_query
RES_QUERY(res_query, __res_query)
#endif
#ifdef PART_res_search
RES_QUERY(res_search, __res_search)
#endif
#ifdef PART_res_nquery
RES_NQUERY(res_nquery, __res_nquery)
#endif
#ifdef PART_res_nsearch
RES_NQUERY(res_nsearch, __res_nsearch)
#endif
#ifdef PART_res_querydomain
int __res_querydomain(const char *name, const char *domain, int class, int type, unsigned char *answer, int size);
int res_querydomain(const char *name, const char *domain, int class, int type, unsigned char *answer, int size)
{
    return __res_querydomain(name, domain, class, type, answer, size);
}
#endif
#ifdef PART_res_nquerydomain
int __res_nquerydomain(void *state, const char *name, const char *domain, int class, int type, unsigned char *answer,
                       int size);
int res_nquerydomain(void *state, const char *name, const char *domain, int class, int type, unsigned char *answer,
                     int size)
{
    return __res_nquerydomain(state, name, domain, class, type, answer, size);
}
#endif
#ifdef PART_res_mkquery
int __res_mkquery(int op, const char *name, int class, int type, const unsigned char *data, int length,
                  const unsigned char *unused, unsigned char *query, int size);
int res_mkquery(int op, const char *name, int class, int type, const unsigned char *data, int length,
                const unsigned char *unused, unsigned char *query, int size)
{
    return __res_mkquery(op, name, class, type, data, length, unused, query, size);
}
#endif
#ifdef PART_res_nmkquery
int __res_nmkquery(void *state, int op, const char *name, int class, int type, const unsigned char *data, int length,
                   const unsigned char *unused, unsigned char *query, int size);
int res_nmkquery(void *state, int op, const char *name, int class, int type, const unsigned char *data, int length,
                 const unsigned char *unused, unsigned char *query, int size)
{
    return __res_nmkquery(state, op, name, class, type, data, length, unused, query, size);
}
#endif
#ifdef PART_res_send
int __res_send(const unsigned char *query, int length, unsigned char *answer, int size);
int res_send(const unsigned char *query, int length, unsigned char *answer, int size)
{
    return __res_send(query, length, answer, size);
}
#endif
#ifdef PART_res_nsend
int __res_nsend(void *state, const unsigned char *query, int length, unsigned char *answer, int size);
int res_nsend(void *state, const unsigned char *query, int length, unsigned char *answer, int size)
{
    return __res_nsend(state, query, length, answer, size);
}
#endif

/* 2.38: what C23 makes of numbers that begin with 0b is not there. */
#define STRTO(type, name, character)                                                                                   \
    type name(const character *text, character **end, int base);                                                       \
    type __isoc23_##name(const character *text, character **end, int base)                                             \
    {                                                                                                                  \
        return name(text, end, base);                                                                                  \
    }
#ifdef PART_strtol
STRTO(long, strtol, char)
#endif
#ifdef PART_strtoll
STRTO(long long, strtoll, char)
#endif
#ifdef PART_strtoul
STRTO(unsigned long, strtoul, char)
#endif
#ifdef PART_strtoull
STRTO(unsigned long long, strtoull, char)
#endif
#ifdef PART_strtoimax
STRTO(long, strtoimax, char)
#endif
#ifdef PART_strtoumax
STRTO(unsigned long, strtoumax, char)
#endif
#ifdef PART_wcstol
STRTO(long, wcstol, __WCHAR_TYPE__)
#endif
#ifdef PART_wcstoll
STRTO(long long, wcstoll, __WCHAR_TYPE__)
#endif
#ifdef PART_wcstoul
STRTO(unsigned long, wcstoul, __WCHAR_TYPE__)
#endif
#ifdef PART_wcstoull
STRTO(unsigned long long, wcstoull, __WCHAR_TYPE__)
#endif

#define VSCANF(from, name, character)                                                                                  \
    int __isoc99_##name(from, const character *format, __builtin_va_list arguments);                                   \
    int __isoc23_##name(from, const character *format, __builtin_va_list arguments)                                    \
    {                                                                                                                  \
        return __isoc99_##name(where, format, arguments);                                                              \
    }
#define SCANF(from, name, character)                                                                                   \
    int __isoc99_v##name(from, const character *format, __builtin_va_list arguments);                                  \
    int __isoc23_##name(from, const character *format, ...)                                                            \
    {                                                                                                                  \
        __builtin_va_list arguments;                                                                                   \
        __builtin_va_start(arguments, format);                                                                         \
        const int read = __isoc99_v##name(where, format, arguments);                                                   \
        __builtin_va_end(arguments);                                                                                   \
        return read;                                                                                                   \
    }
#define STDIN_SCANF(name, character)                                                                                   \
    int __isoc99_v##name(const character *format, __builtin_va_list arguments);                                        \
    int __isoc23_v##name(const character *format, __builtin_va_list arguments)                                         \
    {                                                                                                                  \
        return __isoc99_v##name(format, arguments);                                                                    \
    }                                                                                                                  \
    int __isoc23_##name(const character *format, ...)                                                                  \
    {                                                                                                                  \
        __builtin_va_list arguments;                                                                                   \
        __builtin_va_start(arguments, format);                                                                         \
        const int read = __isoc99_v##name(format, arguments);                                                          \
        __builtin_va_end(arguments);                                                                                   \
        return read;                                                                                                   \
    }
#ifdef PART_sscanf
SCANF(const char *where, sscanf, char)
#endif
#ifdef PART_vsscanf
VSCANF(const char *where, vsscanf, char)
#endif
#ifdef PART_fscanf
SCANF(void *where, fscanf, char)
#endif
#ifdef PART_vfscanf
VSCANF(void *where, vfscanf, char)
#endif
#ifdef PART_scanf
STDIN_SCANF(scanf, char)
#endif
#ifdef PART_swscanf
SCANF(const __WCHAR_TYPE__ *where, swscanf, __WCHAR_TYPE__)
#endif
#ifdef PART_vswscanf
VSCANF(const __WCHAR_TYPE__ *where, vswscanf, __WCHAR_TYPE__)
#endif
#ifdef PART_fwscanf
SCANF(void *where, fwscanf, __WCHAR_TYPE__)
#endif
#ifdef PART_vfwscanf
VSCANF(void *where, vfwscanf, __WCHAR_TYPE__)
#endif
#ifdef PART_wscanf
STDIN_SCANF(wscanf, __WCHAR_TYPE__)
#endif
