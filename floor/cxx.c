/* What libstdc++.a and its headers want of newer C libraries than the floor. C programs are not linked with it, so that
 * their configure scripts do not find it. One object for each PART_... */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* 2.32: says that there are no other threads. That there may be some is true at any time. */
#ifdef PART_single_threaded
char single_threaded __asm__("__libc_single_threaded") = 0;
#endif

/* 2.25 */
#ifdef PART_getentropy
int entropy(void *to, size_t size) __asm__("getentropy");
int entropy(void *given, size_t size)
{
    unsigned char *to = given;
    enum { most = 256 };
    if (size > most) {
        errno = EIO;
        return -1;
    }
    while (size > 0) {
        const long got = syscall(SYS_getrandom, to, size, 0);
        if (got < 0 && errno != EINTR)
            return -1;
        to += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return 0;
}
#endif

/* 2.30: waiting by a clock that is named. Older ones know the time of day; what is left until then is the same. */
#if defined PART_cond_clockwait || defined PART_mutex_clocklock || defined PART_rwlock_clock
enum { second = 1000000000 };
static struct timespec by_time_of_day(clockid_t clock, const struct timespec *until)
{
    struct timespec now;
    struct timespec day;
    if (clock == CLOCK_REALTIME)
        return *until;
    clock_gettime(clock, &now);
    clock_gettime(CLOCK_REALTIME, &day);
    day.tv_sec += until->tv_sec - now.tv_sec;
    day.tv_nsec += until->tv_nsec - now.tv_nsec;
    if (day.tv_nsec < 0) {
        day.tv_nsec += second;
        --day.tv_sec;
    } else if (day.tv_nsec >= second) {
        day.tv_nsec -= second;
        ++day.tv_sec;
    }
    return day;
}
#endif
#ifdef PART_cond_clockwait
int cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
    __asm__("pthread_cond_clockwait");
int cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
    const struct timespec day = by_time_of_day(clock, until);
    return pthread_cond_timedwait(condition, mutex, &day);
}
#endif
#ifdef PART_mutex_clocklock
int mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
    __asm__("pthread_mutex_clocklock");
int mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
    const struct timespec day = by_time_of_day(clock, until);
    return pthread_mutex_timedlock(mutex, &day);
}
#endif
#ifdef PART_rwlock_clock
int rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *until)
    __asm__("pthread_rwlock_clockrdlock");
int rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *until)
{
    const struct timespec day = by_time_of_day(clock, until);
    return pthread_rwlock_timedrdlock(lock, &day);
}
int rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *until)
    __asm__("pthread_rwlock_clockwrlock");
int rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *until)
{
    const struct timespec day = by_time_of_day(clock, until);
    return pthread_rwlock_timedwrlock(lock, &day);
}
#endif

/* 2.18: destructors of a thread's own objects, run when the thread ends, the last first. Those of the first thread run
 * when the program exits. */
#ifdef PART_thread_atexit
struct Destructor {
    void (*function)(void *);
    void *object;
    struct Destructor *next;
};
static __thread struct Destructor *destructors;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static void destroy(void *unused)
{
    (void)unused;
    while (destructors != NULL) {
        struct Destructor *last = destructors;
        destructors = last->next;
        last->function(last->object);
        free(last);
    }
}
static void at_exit(void)
{
    destroy(NULL);
}
static void make_key(void)
{
    Dl_info own;
    if (pthread_key_create(&key, destroy) != 0 || atexit(at_exit) != 0)
        abort();
    /* What threads will still call must stay where it is when the program closes this library. */
    if (dladdr(&key, &own) != 0)
        dlopen(own.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}
int thread_atexit(void (*function)(void *), void *object, void *whose) __asm__("__cxa_thread_atexit_impl");
int thread_atexit(void (*function)(void *), void *object, void *whose)
{
    struct Destructor *added = malloc(sizeof *added);
    (void)whose;
    if (added == NULL)
        return -1;
    pthread_once(&once, make_key);
    *added = (struct Destructor){function, object, destructors};
    destructors = added;
    return pthread_setspecific(key, added);
}
#endif
