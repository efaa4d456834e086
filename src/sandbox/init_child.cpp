// Between fork and exec in a copy of a process that has threads: async-signal-safe calls only, no allocation, no
// locks, no destructors that matter. Raw system calls stand where glibc's wrapper does more than the call.
#include "sandbox/init_child.hpp"

#include "sandbox/init_mounts.hpp"
#include "sandbox/job_start.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <string_view>

namespace sf::sandbox {
namespace {

constexpr int failed = 125;
constexpr int first_inherited = 3;

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

/// Dies with the parent's thread, also when that is gone before the request was made: then nobody gives leave.
void tie_to_parent(int channel)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    char byte = 'r';
    if (::send(channel, &byte, 1, MSG_NOSIGNAL) != 1)
        ::_exit(failed);
    ssize_t count = 0;
    do
        count = ::recv(channel, &byte, 1, 0);
    while (count < 0 && errno == EINTR);
    if (count != 1)
        ::_exit(failed);
}

/// -1000: the out-of-memory killer passes over this process, and over what it starts (proc(5)).
void adjust_memory_score(std::string_view score)
{
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    static_cast<void>(!::write(fd, score.data(), score.size()));
    ::close(fd);
}

/// Applies close_range(2), or what it would do on kernels before it.
void close_from(unsigned first, bool on_exec)
{
#ifdef SYS_close_range
    constexpr unsigned cloexec = 1U << 2U;
    if (::syscall(SYS_close_range, first, UINT_MAX, on_exec ? cloexec : 0U) == 0)
        return;
#endif
    constexpr rlim_t most = 65536;
    struct rlimit limit = {};
    const rlim_t end = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min(limit.rlim_cur, most) : most;
    for (int fd = static_cast<int>(first); fd < static_cast<int>(end); ++fd) {
        if (on_exec)
            ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        else
            ::close(fd);
    }
}

/// Puts null, the log and the inherited descriptors at 0, 1, 2, 3, ... Sources are first moved above all targets, so
/// that none is overwritten before it is used.
bool arrange_descriptors(PreparedInit& init, int& channel)
{
    const auto& inherited = init.plan->inherited_fds;
    const int above = first_inherited + static_cast<int>(inherited.size());
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    auto lift = [above](int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, above); };
    const int lifted_null = lift(null);
    const int lifted_log = lift(init.plan->log_fd >= 0 ? init.plan->log_fd : null);
    channel = lift(channel);
    bool good = lifted_null >= 0 && lifted_log >= 0 && channel >= 0;
    for (std::size_t i = 0; i < inherited.size() && good; ++i) {
        init.spare[i] = lift(inherited[i]);
        good = init.spare[i] >= 0;
    }
    good = good && ::dup2(lifted_null, STDIN_FILENO) >= 0 && ::dup2(lifted_log, STDOUT_FILENO) >= 0 &&
           ::dup2(lifted_log, STDERR_FILENO) >= 0;
    for (std::size_t i = 0; i < inherited.size() && good; ++i)
        good = ::dup2(init.spare[i], first_inherited + static_cast<int>(i)) >= 0;
    const int error = errno; // of what failed
    close_from(static_cast<unsigned>(above), true);
    errno = error;
    return good;
}

int code_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Lets `argv` prepare what is to be entered.
void prepare_entry(PreparedInit& init, int channel)
{
    const auto script = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (script < 0)
        report(channel, {InitStep::fork, errno});
    if (script == 0) {
        ::execve(init.argv[0], init.argv.data(), init.environment.data());
        report(channel, {InitStep::exec, errno});
    }
    int status = 0;
    while (::waitpid(script, &status, 0) < 0 && errno == EINTR) {
    }
    if (const int code = code_of(status); code != 0)
        report(channel, {InitStep::runtime, code});
}

[[noreturn]] void become_command(PreparedInit& init, int channel)
{
    const auto& entry = *init.plan->entry;
    prepare_entry(init, channel);
    if (::chroot(entry.root.c_str()) != 0 || ::chdir(entry.directory.c_str()) != 0)
        report(channel, {InitStep::enter, errno});
    if (!drop_rights(entry.user, entry.other_user))
        report(channel, {InitStep::drop_rights, errno});
    ::execve(init.entry_argv[0], init.entry_argv.data(), init.entry_environment.data());
    report(channel, {InitStep::enter, errno});
}

[[noreturn]] void become_runtime(PreparedInit& init, int channel)
{
    adjust_memory_score("0"); // crun, asked for 0 in its configuration, leaves what it finds
    int index = 0;
    for (const int fd : init.plan->join_fds) {
        if (::write(fd, "0", 1) != 1)
            report(channel, {InitStep::join_cgroup, errno, index});
        ++index;
    }
    if (!arrange_descriptors(init, channel))
        report(channel, {InitStep::descriptors, errno});
    if (init.plan->entry)
        become_command(init, channel);
    ::execve(init.argv[0], init.argv.data(), init.environment.data());
    report(channel, {InitStep::exec, errno});
}

/// The process id that the runtime wrote; 0 when there is none: errno says why.
pid_t read_pid(const char* path)
{
    char text[digits_of_int + 1] = {}; // NOLINT(modernize-avoid-c-arrays)
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    const auto count = ::read(fd, text, digits_of_int);
    const int error = errno;
    ::close(fd);
    errno = count < 0 ? error : EBADMSG; // where it holds no number
    pid_t pid = 0;
    for (ssize_t i = 0; i < count && text[i] >= '0' && text[i] <= '9'; ++i)
        pid = pid * 10 + (text[i] - '0');
    return pid;
}

/// Whether processes of the job still run. Those that have ended already are collected before.
bool any_left()
{
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    return ::kill(-1, 0) == 0; // whatever this namespace has beside its first process
}

/// Waits for every child, orphans of the job among them, until the command has ended.
[[noreturn]] void wait_for_command(pid_t command, int channel)
{
    int status = 0;
    for (;;) {
        const pid_t ended = ::waitpid(-1, &status, 0);
        if (ended == command) {
            if (any_left())
                tell(channel, {InitStep::left_processes});
            ::_exit(code_of(status));
        }
        if (ended < 0 && errno != EINTR)
            report(channel, {InitStep::wait, errno});
    }
}

/// The runtime starts the command and ends; the command, an orphan then, becomes a child of this process, as does
/// every other orphan of the job. It cannot be missed: until the runtime has ended it is the runtime's to wait for.
pid_t wait_for_runtime(pid_t runtime, const char* pid_file, int channel)
{
    int status = 0;
    while (::waitpid(runtime, &status, 0) < 0 && errno == EINTR) {
    }
    if (const int code = code_of(status); code != 0)
        report(channel, {InitStep::runtime, code});
    const pid_t command = read_pid(pid_file);
    if (command <= 0)
        report(channel, {InitStep::pid_file, errno});
    return command;
}

} // namespace

void tell(int channel, InitReport what)
{
    // A parent that does not read any more is dead, and so is this process then.
    static_cast<void>(::send(channel, &what, sizeof what, MSG_NOSIGNAL));
}

void report(int channel, InitReport what)
{
    tell(channel, what);
    ::_exit(failed);
}

PreparedInit::PreparedInit(const InitPlan& from) : plan(&from)
{
    argv = pointers_to(from.argv);
    if (from.entry) {
        entry_argv = pointers_to(from.entry->argv);
        entry_environment = pointers_to(from.entry->environment);
    }
    static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; // NOLINT
    environment = {path, nullptr};
    constexpr std::size_t fixed_options = 256;
    std::size_t most_layers = 0;
    for (const auto& overlay : from.overlays)
        most_layers = std::max(most_layers, overlay.lower.size());
    options.resize(fixed_options + most_layers * (digits_of_int + 1));
    spare.resize(std::max(most_layers + 2, from.inherited_fds.size()));
}

void init_main(PreparedInit& init, int channel)
{
    reset_signals();
    ::setsid(); // an interrupt typed at the terminal is for the tool, which then stops its sandboxes
    tie_to_parent(channel);
    ::umask(S_IWGRP | S_IWOTH);
    make_private_mounts(*init.plan, channel);
    adjust_memory_score("-1000");
    give_way(init.plan->nice, init.plan->idle_io);
    for (int index = 0; index < static_cast<int>(init.plan->overlays.size()); ++index)
        mount_overlay(init, index, channel);
    if (::chdir("/") != 0)
        report(channel, {InitStep::private_mounts, errno});
    const auto starter = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (starter < 0)
        report(channel, {InitStep::fork, errno});
    if (starter == 0)
        become_runtime(init, channel);
    // Another sandbox's socket held open here would hide from its owner that it has ended.
    constexpr int kept = 0;
    ::dup2(channel, kept);
    close_from(kept + 1, false);
    wait_for_command(init.plan->entry ? starter : wait_for_runtime(starter, init.plan->pid_file.c_str(), kept), kept);
}

} // namespace sf::sandbox
