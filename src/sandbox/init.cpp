#include "sandbox/init.hpp"

#include "sandbox/init_program.hpp"
#include "util/fd.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

namespace sf::sandbox {
namespace {

using util::ErrorCode;

/// Blocks every signal while it lives: a handler of this process must not run in a process that shares its memory.
class SignalsBlocked {
public:
    SignalsBlocked()
    {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

struct Launch {
    int program = -1;
    int channel = -1;
    std::array<char*, 3> argv{};
    std::array<char*, 1> environment{};
    int error = 0; ///< of a program that cannot be run
};

/// Between clone and exec, in the memory of the tool, whose thread waits: system calls only.
int become_init(void* argument)
{
    auto& launch = *static_cast<Launch*>(argument);
    if (launch.channel == STDIN_FILENO)
        ::fcntl(STDIN_FILENO, F_SETFD, 0);
    else
        ::dup2(launch.channel, STDIN_FILENO);
    ::syscall(SYS_execveat, launch.program, "", launch.argv.data(), launch.environment.data(), AT_EMPTY_PATH);
    launch.error = errno;
    constexpr int failed = 125;
    return failed;
}

/// The init from outside: killed and waited for at the latest when this goes.
class InitProcess {
public:
    [[nodiscard]] static util::Result<InitProcess> start(const std::filesystem::path& place);
    InitProcess(pid_t pid, InitChannel channel) : pid_(pid), channel_(std::move(channel)) {}
    ~InitProcess()
    {
        if (pid_ > 0)
            finish();
    }
    InitProcess(InitProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)), channel_(std::move(other.channel_))
    {
    }
    InitProcess& operator=(InitProcess&&) = delete;
    InitProcess(const InitProcess&) = delete;
    InitProcess& operator=(const InitProcess&) = delete;

    [[nodiscard]] InitChannel& channel() { return channel_; }

    /// Kills what is left and waits until the kernel has ended every process of the namespace. CPU seconds of all.
    double finish()
    {
        // A kill after the end changes nothing: the process is not reaped yet, so the number is still its own.
        constexpr double micro = 1e-6;
        channel_.close();
        struct rusage usage = {};
        ::kill(pid_, SIGKILL);
        while (::wait4(pid_, nullptr, 0, &usage) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        auto seconds = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * micro;
        };
        return seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }

private:
    pid_t pid_;
    InitChannel channel_;
};

util::Result<InitProcess> InitProcess::start(const std::filesystem::path& place)
{
    SF_TRY(const int program, init_program_file());
    std::array<int, 2> ends = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return util::fail_errno(errno, "cannot make a socket");
    InitChannel outside{util::UniqueFd(ends[0])};
    const util::UniqueFd inside(ends[1]);
    std::string name = "slurm-factory-init";
    std::string directory = place.string();
    Launch launch{program, inside.get(), {name.data(), directory.data(), nullptr}, {nullptr}};
    constexpr std::size_t stack_size = 65536;
    std::vector<std::max_align_t> stack(stack_size / sizeof(std::max_align_t));
    pid_t pid = -1;
    int error = 0;
    {
        const SignalsBlocked blocked;
        pid = ::clone(become_init, stack.data() + stack.size(),
                      CLONE_VM | CLONE_VFORK | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | SIGCHLD, &launch);
        error = errno;
    }
    if (pid < 0)
        return util::fail(ErrorCode::sandbox,
                          fmt::format("cannot make the namespaces of a sandbox: {}",
                                      std::strerror(error)), // NOLINT(concurrency-mt-unsafe)
                          error == EPERM ? "run as root or with sudo" : "");
    InitProcess process(pid, std::move(outside));
    if (launch.error != 0)
        return util::fail(ErrorCode::sandbox,
                          fmt::format("cannot run the first process of a sandbox: {}",
                                      std::strerror(launch.error)), // NOLINT(concurrency-mt-unsafe)
                          "allow programs in memory: sysctl vm.memfd_noexec=1");
    return process;
}

std::string hint_for(const Report& report)
{
    if (report.said == Said::no_overlay) {
        if (report.value == ENODEV)
            return "this kernel has no overlay file system: load it with 'modprobe overlay'";
        if (report.value == EINVAL)
            return "the upper and work directories must be on one file system that supports overlays (ext4, xfs, "
                   "btrfs, tmpfs; not NFS and not another overlay)";
        if (report.value == ELOOP)
            return "directories of one overlay must not lie in one another";
    }
    if (report.value == EPERM || report.value == EACCES)
        return "run as root or with sudo; inside a container it must be a privileged one";
    return {};
}

} // namespace

util::Result<InitResult> run_init(const InitTask& task, const std::filesystem::path& place, const util::StopToken& stop)
{
    SF_TRY(auto process, InitProcess::start(place));
    SF_CHECK(process.channel().begin(task, stop));
    SF_TRY(const auto report, process.channel().follow(stop));
    InitResult result;
    result.cpu_seconds = process.finish();
    constexpr int killed = 137; // the init is gone without a word: somebody killed it
    result.report = report.value_or(Report{Said::ended, killed, 0, {}});
    if (result.report.said == Said::no_overlay || result.report.said == Said::failed) {
        auto error = report_error(task.job, result.report, hint_for(result.report));
        if (result.report.said == Said::no_overlay && result.report.value == EINVAL)
            error.reason = util::Reason::no_overlays;
        return tl::unexpected(std::move(error));
    }
    return result;
}

} // namespace sf::sandbox
