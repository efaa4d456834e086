#include "sandbox/lxd_init/command.hpp"

#include "sandbox/job_start.hpp"
#include "sandbox/lxd_init/seccomp.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

namespace sf::sandbox::lxd_init {
namespace {

constexpr int first_inherited = 3;

/// What the child says when it cannot become the command.
struct ChildFailure {
    int error = 0;
    int no_program = 0;
    std::array<char, 64> doing{};
};

[[noreturn]] void give_up(int channel, const char* doing, bool no_program = false)
{
    ChildFailure failure{errno, no_program ? 1 : 0, {}};
    std::strncpy(failure.doing.data(), doing, failure.doing.size() - 1);
    static_cast<void>(!::write(channel, &failure, sizeof failure));
    constexpr int failed = 125;
    ::_exit(failed);
}

/// The init is exempt from the out-of-memory killer; the command is not.
void be_mortal()
{
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    static_cast<void>(!::write(fd, "0", 1));
    ::close(fd);
}

/// Sources are first moved above all targets, so that none is overwritten before it is used.
bool arrange_descriptors(const std::vector<int>& descriptors, int& channel)
{
    const int above = first_inherited + static_cast<int>(descriptors.size());
    std::vector<int> lifted = {::open("/dev/null", O_RDWR | O_CLOEXEC)};
    lifted.insert(lifted.end(), descriptors.begin(), descriptors.end());
    for (auto& fd : lifted)
        if ((fd = ::fcntl(fd, F_DUPFD_CLOEXEC, above)) < 0)
            return false;
    channel = ::fcntl(channel, F_DUPFD_CLOEXEC, above);
    if (channel < 0 || ::dup2(lifted[0], STDIN_FILENO) < 0 || ::dup2(lifted[1], STDOUT_FILENO) < 0 ||
        ::dup2(lifted[1], STDERR_FILENO) < 0)
        return false;
    int target = first_inherited;
    for (std::size_t i = 2; i < lifted.size(); ++i)
        if (::dup2(lifted[i], target++) < 0)
            return false;
    // All of this process's own are close-on-exec; LXD may have left others.
    constexpr unsigned cloexec = 1U << 2U;
    ::syscall(SYS_close_range, static_cast<unsigned>(target), UINT_MAX, cloexec);
    return true;
}

/// execvp(3) with the command's own PATH.
void execute(const Plan& plan)
{
    auto argv = pointers_to(plan.argv);
    auto environment = pointers_to(plan.environment);
    const auto& program = plan.argv.front();
    if (program.find('/') != std::string::npos) {
        ::execve(program.c_str(), argv.data(), environment.data());
        return;
    }
    std::string path = "/usr/local/bin:/usr/bin:/bin";
    for (const auto& variable : plan.environment)
        if (variable.compare(0, 5, "PATH=") == 0)
            path = variable.substr(5);
    int error = ENOENT;
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find(':', at), path.size());
        ::execve((path.substr(at, end - at) + "/" + program).c_str(), argv.data(), environment.data());
        if (errno != ENOENT && errno != ENOTDIR)
            error = errno;
        at = end + 1;
    }
    errno = error;
}

[[noreturn]] void become_command(const Plan& plan, const std::vector<int>& descriptors, int channel)
{
    ::setsid();
    be_mortal();
    give_way(static_cast<int>(plan.nice), plan.idle_io);
    if (!arrange_descriptors(descriptors, channel))
        give_up(channel, "cannot hand in descriptors");
    ::umask(S_IWGRP | S_IWOTH);
    if (!drop_rights(plan.user, true))
        give_up(channel, "cannot drop its rights");
    if (::chdir(plan.directory.c_str()) != 0)
        give_up(channel, "cannot change to its directory");
    if (!refuse_calls())
        give_up(channel, "cannot install its seccomp filter");
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    execute(plan);
    give_up(channel, "", true);
}

} // namespace

Started start_command(const Plan& plan, const std::vector<int>& descriptors)
{
    Started started;
    std::array<int, 2> ends = {-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0 || (started.pid = ::fork()) < 0) {
        started.error_number = errno;
        started.error = std::string("cannot start a process: ") + std::strerror(errno);
        return started;
    }
    if (started.pid == 0)
        become_command(plan, descriptors, ends[1]);
    ::close(ends[1]);
    ChildFailure failure;
    ssize_t count = 0;
    while ((count = ::read(ends[0], &failure, sizeof failure)) < 0 && errno == EINTR) {
    }
    ::close(ends[0]);
    if (count == sizeof failure) {
        started.no_program = failure.no_program != 0;
        started.error_number = failure.error;
        started.error = (started.no_program ? "" : std::string(failure.doing.data()) + ": ");
        started.error += std::strerror(failure.error);
    }
    return started;
}

} // namespace sf::sandbox::lxd_init
