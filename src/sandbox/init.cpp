#include "sandbox/init.hpp"

#include "sandbox/init_child.hpp"
#include "util/fd.hpp"

#include <poll.h>
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
#include <mutex>
#include <optional>

namespace sf::sandbox {
namespace {

using util::ErrorCode;

/// Blocks every signal while it lives: a handler of this process must not run in the forked copy.
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

/// fork(2) into new pid, mount and host name namespaces.
pid_t fork_into_namespaces()
{
    return static_cast<pid_t>(
        ::syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

std::string job_program(const InitPlan& plan)
{
    return plan.entry ? plan.entry->argv.front() : plan.argv.front();
}

std::string doing(const InitPlan& plan, const InitReport& report)
{
    const auto at = static_cast<std::size_t>(report.index);
    switch (report.step) {
    case InitStep::private_mounts:
        return "cannot make its mounts private";
    case InitStep::host_name:
        return "cannot set its host name";
    case InitStep::proc:
        return "cannot mount /proc";
    case InitStep::hide:
        return fmt::format("cannot hide {}", plan.hide.at(at));
    case InitStep::open_lower:
        return fmt::format("cannot open {}, a layer of {}",
                           plan.overlays.at(at).lower.at(static_cast<std::size_t>(report.layer)),
                           plan.overlays.at(at).inside);
    case InitStep::open_upper:
        return fmt::format("cannot open {} or {}, where changes of {} go", plan.overlays.at(at).upper,
                           plan.overlays.at(at).work, plan.overlays.at(at).inside);
    case InitStep::mount_overlay:
        return fmt::format("cannot mount the overlay of {} layers on {}", plan.overlays.at(at).lower.size(),
                           plan.overlays.at(at).inside);
    case InitStep::fork:
        return "cannot start a process";
    case InitStep::join_cgroup:
        return "cannot join its control group";
    case InitStep::descriptors:
        return "cannot hand in descriptors";
    case InitStep::exec:
        return fmt::format("cannot run {}", plan.argv.front());
    case InitStep::enter:
        return fmt::format("cannot enter {} and run {}", plan.entry ? plan.entry->root : "", job_program(plan));
    case InitStep::drop_rights:
        return "cannot give up its rights";
    case InitStep::runtime:
    case InitStep::left_processes:
        break; // no failure of the init
    case InitStep::pid_file:
        return "cannot learn the process id of its command";
    case InitStep::wait:
        return "cannot wait for its command";
    }
    return "failed";
}

std::string hint_for(const InitReport& report)
{
    if (report.step == InitStep::mount_overlay) {
        if (report.error == ENODEV)
            return "this kernel has no overlay file system: load it with 'modprobe overlay'";
        if (report.error == EINVAL)
            return "the upper and work directories must be on one file system that supports overlays (ext4, xfs, "
                   "btrfs, tmpfs; not NFS and not another overlay)";
        if (report.error == ELOOP)
            return "directories of one overlay must not lie in one another";
    }
    if (report.error == EPERM || report.error == EACCES)
        return "run as root or with sudo; inside a container it must be a privileged one";
    return {};
}

tl::unexpected<util::Error> failure(const InitPlan& plan, const InitReport& report)
{
    const auto code = report.error == ENOSPC ? ErrorCode::no_space : ErrorCode::sandbox;
    const bool unsuitable = report.step == InitStep::mount_overlay && report.error == EINVAL;
    return tl::unexpected<util::Error>({code,
                                        fmt::format("the sandbox of '{}' {}: {}", plan.job, doing(plan, report),
                                                    std::strerror(report.error)), // NOLINT(concurrency-mt-unsafe)
                                        hint_for(report),
                                        {},
                                        unsuitable ? util::Reason::no_overlays : util::Reason::none});
}

/// The init from outside: killed and waited for at the latest when this goes.
class InitProcess {
public:
    InitProcess(pid_t pid, util::UniqueFd channel) : pid_(pid), channel_(std::move(channel)) {}
    ~InitProcess()
    {
        if (pid_ > 0)
            static_cast<void>(finish());
    }
    InitProcess(const InitProcess&) = delete;
    InitProcess& operator=(const InitProcess&) = delete;

    /// Answers the init's "ready", then waits for its end. The channel closes when init and runtime let go of it.
    [[nodiscard]] util::Status follow(const util::StopToken& stop, std::optional<InitReport>& report)
    {
        for (;;) {
            std::array<pollfd, 2> fds = {pollfd{channel_.get(), POLLIN, 0}, pollfd{stop.fd(), POLLIN, 0}};
            const int count = ::poll(fds.data(), fds.size(), -1);
            if (count < 0 && errno != EINTR)
                return util::fail_errno(errno, "cannot wait for a sandbox");
            SF_CHECK(stop.check());
            if (count <= 0 || fds[0].revents == 0)
                continue;
            InitReport message;
            const auto size = ::recv(channel_.get(), &message, sizeof message, 0);
            if (size == 1)
                static_cast<void>(::send(channel_.get(), "g", 1, MSG_NOSIGNAL));
            else if (size == sizeof message)
                report = message;
            else if (size >= 0 || errno != EINTR)
                return {};
        }
    }

    /// Kills what is left and waits until the kernel has ended every process of the namespace.
    InitResult finish()
    {
        // A kill after the end changes nothing: the process is not reaped yet, so the number is still its own.
        constexpr double micro = 1e-6;
        channel_.reset();
        int status = 0;
        struct rusage usage = {};
        ::kill(pid_, SIGKILL);
        while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        auto seconds = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * micro;
        };
        return {true, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
                seconds(usage.ru_utime) + seconds(usage.ru_stime), false};
    }

private:
    pid_t pid_;
    util::UniqueFd channel_;
};

} // namespace

util::Result<InitResult> run_init(const InitPlan& plan, const util::StopToken& stop)
{
    PreparedInit prepared(plan);
    // Until it has closed what it was forked with, an init holds the channels of those that were there before it. Of
    // two that were forked at once each could hold the other's, and neither would see that their parent has ended.
    static std::mutex forking;
    std::unique_lock turn(forking);
    std::array<int, 2> ends = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return util::fail_errno(errno, "cannot make a socket");
    util::UniqueFd outside(ends[0]);
    util::UniqueFd inside(ends[1]);
    pid_t pid = -1;
    int error = 0;
    {
        const SignalsBlocked blocked;
        pid = fork_into_namespaces();
        error = errno;
        if (pid == 0) {
            outside.reset(); // held open in here as well, it would hide that its owner has ended
            init_main(prepared, inside.get());
        }
    }
    inside.reset();
    turn.unlock();
    if (pid < 0)
        return util::fail(ErrorCode::sandbox,
                          fmt::format("cannot make the namespaces of a sandbox: {}",
                                      std::strerror(error)), // NOLINT(concurrency-mt-unsafe)
                          error == EPERM ? "run as root or with sudo" : "");
    InitProcess process(pid, std::move(outside));
    std::optional<InitReport> report;
    SF_CHECK(process.follow(stop, report));
    auto result = process.finish();
    if (report && report->step == InitStep::left_processes) {
        result.left_processes = true;
        return result;
    }
    if (report && report->step != InitStep::runtime)
        return failure(plan, *report);
    if (report) {
        result.started = false;
        result.exit_code = report->error;
    }
    return result;
}

} // namespace sf::sandbox
