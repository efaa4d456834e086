// The first process of an LXD container that runs one job; sandbox/lxd_protocol.hpp says how it talks to the tool.
//
// It is root of the container, with the rights that LXD leaves to it, until it starts the command. It ends with the
// connection: if the tool is killed, so is everything in the container.
#include "sandbox/lxd_init/command.hpp"
#include "sandbox/lxd_init/mounts.hpp"
#include "sandbox/lxd_init/plan.hpp"
#include "sandbox/lxd_protocol.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace {

using namespace sf::sandbox;
using lxd_protocol::Report;
using lxd_protocol::Said;

int connect_to_tool()
{
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(static_cast<char*>(address.sun_path), lxd_protocol::socket_path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) // NOLINT
        return -1;
    return fd;
}

bool receive_hello(int channel, lxd_protocol::Hello& hello, std::vector<int>& descriptors)
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * lxd_protocol::most_descriptors)> control{};
    iovec part = {&hello, sizeof hello};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL) != sizeof hello)
        return false;
    const auto* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS)
        return false;
    descriptors.resize((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(descriptors.data(), CMSG_DATA(header), descriptors.size() * sizeof(int));
    return descriptors.size() == hello.descriptors;
}

void say(int channel, Said said, int value, const std::string& text = {}, bool left_processes = false)
{
    Report report{said, value, left_processes ? 1 : 0, {}};
    text.copy(report.text.data(), report.text.size() - 1);
    static_cast<void>(::send(channel, &report, sizeof report, MSG_NOSIGNAL));
}

/// Collects every process that has ended; true when the command was among them.
bool collect(pid_t command, int& status)
{
    bool found = false;
    int one = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &one, WNOHANG)) > 0;)
        if (pid == command) {
            status = one;
            found = true;
        }
    return found;
}

/// Until the tool lets go. Nothing is left to be said.
[[noreturn]] void wait_for_the_end(int channel)
{
    char byte = 0;
    while (::recv(channel, &byte, 1, 0) < 0 && errno == EINTR) {
    }
    ::_exit(0);
}

void watch(int channel, int signals, pid_t command)
{
    for (;;) {
        std::array<pollfd, 2> fds = {pollfd{channel, POLLIN, 0}, pollfd{signals, POLLIN, 0}};
        if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR)
            ::_exit(1);
        if (fds[0].revents != 0)
            ::_exit(0); // the tool is gone, or wants no more
        signalfd_siginfo ignored = {};
        if (fds[1].revents != 0)
            static_cast<void>(!::read(signals, &ignored, sizeof ignored));
        int status = 0;
        if (!collect(command, status))
            continue;
        // What it left behind must not go on while its figures are read.
        const bool left = ::kill(-1, SIGKILL) == 0;
        say(channel, Said::ended, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), {}, left);
        return;
    }
}

std::string prepare(const lxd_protocol::Hello& hello, std::vector<int>& descriptors, const lxd_init::Plan& plan)
{
    constexpr std::string_view name = "slurm-factory"; // the same everywhere: packages write it into what they build
    if (::sethostname(name.data(), name.size()) != 0)
        return std::string("cannot set the host name: ") + std::strerror(errno);
    if (hello.network != 0 && descriptors.size() > 1) {
        if (::setns(descriptors[1], CLONE_NEWNET) != 0)
            return std::string("cannot use the host's network: ") + std::strerror(errno);
        ::close(descriptors[1]);
        descriptors.erase(descriptors.begin() + 1);
    }
    return lxd_init::set_up_mounts(plan);
}

} // namespace

int main()
{
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    const int signals = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    const int channel = connect_to_tool();
    lxd_protocol::Hello hello;
    std::vector<int> descriptors;
    if (signals < 0 || channel < 0 || !receive_hello(channel, hello, descriptors))
        return 1;
    lxd_init::Plan plan;
    if (!lxd_init::read_plan(lxd_protocol::plan_path, plan)) {
        say(channel, Said::failed, EINVAL, "cannot read its plan");
        wait_for_the_end(channel);
    }
    if (const auto error = prepare(hello, descriptors, plan); !error.empty()) {
        say(channel, Said::failed, errno, error);
        wait_for_the_end(channel);
    }
    const auto started = lxd_init::start_command(plan, descriptors);
    for (const int fd : descriptors)
        ::close(fd);
    if (!started.error.empty())
        say(channel, started.no_program ? Said::no_program : Said::failed, started.error_number, started.error);
    else
        watch(channel, signals, started.pid);
    wait_for_the_end(channel);
}
