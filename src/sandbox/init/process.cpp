#include "sandbox/init/process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>

namespace sf::sandbox::init {

void reset_signals()
{
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal)
        ::sigaction(signal, &action, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void adjust_memory_score(std::string_view score)
{
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    static_cast<void>(!::write(fd, score.data(), score.size()));
    ::close(fd);
}

void give_way(unsigned nice, bool idle_io)
{
    constexpr int this_process = 1; // IOPRIO_WHO_PROCESS, with 0 (ioprio_set(2))
    constexpr int idle_class = 3 << 13;
    if (nice != 0)
        static_cast<void>(::setpriority(PRIO_PROCESS, 0, static_cast<int>(nice)));
    if (idle_io)
        static_cast<void>(::syscall(SYS_ioprio_set, this_process, 0, idle_class));
}

void close_from(int first, bool on_exec)
{
#ifdef SYS_close_range
    constexpr unsigned cloexec = 1U << 2U;
    if (::syscall(SYS_close_range, static_cast<unsigned>(first), UINT_MAX, on_exec ? cloexec : 0U) == 0)
        return;
#endif
    // Kernels before 5.9.
    constexpr rlim_t most = 65536;
    struct rlimit limit = {};
    const rlim_t end = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min(limit.rlim_cur, most) : most;
    for (int fd = first; fd < static_cast<int>(end); ++fd) {
        if (on_exec)
            ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        else
            ::close(fd);
    }
}

} // namespace sf::sandbox::init
