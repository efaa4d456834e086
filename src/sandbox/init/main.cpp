// The first process of a sandbox: owner of its mounts, and first of its pid namespace. When it ends, by itself or by
// SIGKILL, the kernel kills every process of the namespace and drops every mount.
//
// The tool starts it with the connection as descriptor 0 and an argument, which only tells people what it is; LXD
// starts it in a container without one. init_protocol.hpp says how it talks to the tool. It ends with the connection:
// if the tool is killed, so is everything in the sandbox.
#include "sandbox/init/command.hpp"
#include "sandbox/init/mounts.hpp"
#include "sandbox/init/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace {

using namespace sf::sandbox;
using init::Channel;

/// Waits for processes, and ends this one when the tool lets go meanwhile.
class Children {
public:
    explicit Children(const Channel& channel) : channel_(channel)
    {
        sigset_t child;
        ::sigemptyset(&child);
        ::sigaddset(&child, SIGCHLD);
        ::sigprocmask(SIG_BLOCK, &child, nullptr);
        signals_ = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
        if (signals_ < 0)
            channel.fail("cannot wait for its command");
    }

    /// Waits for this one and collects no other.
    [[nodiscard]] int wait_for(pid_t pid) const
    {
        int status = 0;
        while (::waitpid(pid, &status, WNOHANG) != pid)
            wait_for_signal();
        return code_of(status);
    }

    /// Waits for this one and collects every other that ends before.
    [[nodiscard]] int wait_for_command(pid_t command) const
    {
        for (;; wait_for_signal()) {
            int code = -1;
            int status = 0;
            for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;)
                if (ended == command)
                    code = code_of(status);
            if (code >= 0)
                return code;
        }
    }

private:
    static int code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

    void wait_for_signal() const
    {
        std::array<pollfd, 2> fds = {pollfd{channel_.fd(), POLLIN, 0}, pollfd{signals_, POLLIN, 0}};
        if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR)
            channel_.fail("cannot wait for its command");
        if (fds[0].revents != 0)
            ::_exit(0); // the tool is gone, or wants no more
        signalfd_siginfo ignored = {};
        if (fds[1].revents != 0)
            static_cast<void>(!::read(signals_, &ignored, sizeof ignored));
    }

    Channel channel_;
    int signals_ = -1;
};

/// Closes everything else that the tool had open, and asks to be killed when the tool's thread ends, even in a long
/// call.
Channel connection_of_tool()
{
    init::close_from(STDIN_FILENO + 1, false);
    ::fcntl(STDIN_FILENO, F_SETFD, FD_CLOEXEC);
    init::reset_signals();
    ::setsid(); // an interrupt typed at the terminal is for the tool, which then stops its sandboxes
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    return Channel(STDIN_FILENO);
}

void prepare(const init::Received& received, const Channel& channel)
{
    const auto& plan = received.plan;
    ::umask(S_IWGRP | S_IWOTH);
    init::adjust_memory_score("-1000");
    init::give_way(plan.nice, plan.idle_io);
    if (!plan.host_name.empty() && ::sethostname(plan.host_name.data(), plan.host_name.size()) != 0)
        channel.fail("cannot set its host name");
    if (received.network >= 0 && (::setns(received.network, CLONE_NEWNET) != 0 || ::close(received.network) != 0))
        channel.fail("cannot use the host's network");
    init::set_up_mounts(plan, channel);
}

/// The process id that the runtime wrote.
pid_t read_pid(const std::string& path, const Channel& channel)
{
    constexpr std::size_t longest = 11;
    std::array<char, longest> text{};
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const auto count = fd < 0 ? -1 : ::read(fd, text.data(), text.size());
    pid_t pid = 0;
    for (ssize_t i = 0; i < count; ++i) {
        const char digit = text[static_cast<std::size_t>(i)];
        if (digit < '0' || digit > '9')
            break;
        pid = pid * 10 + (digit - '0');
    }
    if (count >= 0 && pid <= 0)
        errno = EBADMSG;
    if (pid <= 0)
        channel.fail("cannot learn the process id of its command");
    ::close(fd);
    return pid;
}

} // namespace

int main(int argc, char** /*argv*/)
{
    const auto channel = argc > 1 ? connection_of_tool() : Channel::connect();
    const Children children(channel);
    const auto received = channel.begin();
    prepare(received, channel);
    auto command = init::start(received, channel);
    for (const auto& job : {received.inherited, received.groups, {received.log}})
        for (const int fd : job)
            ::close(fd);
    if (!received.plan.runtime.empty()) {
        // The runtime starts the command and ends; the command, an orphan then, becomes a child of this process, as
        // does every other orphan of the job. It cannot be missed: until the runtime has ended it is the runtime's.
        if (const int code = children.wait_for(command); code != 0) {
            channel.say(Said::not_started, code);
            channel.wait_for_the_end();
        }
        command = read_pid(received.plan.pid_file, channel);
    }
    const int code = children.wait_for_command(command);
    // What it left behind must not go on while its figures are read.
    channel.say(Said::ended, code, ::kill(-1, SIGKILL) == 0);
    channel.wait_for_the_end();
}
