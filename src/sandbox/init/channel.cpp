#include "sandbox/init/channel.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace sf::sandbox::init {
namespace {

constexpr int failed = 125;

std::optional<InitPlan> read_plan(int fd)
{
    struct stat st = {};
    if (::fstat(fd, &st) != 0)
        return std::nullopt;
    std::string bytes(static_cast<std::size_t>(st.st_size), '\0');
    if (::pread(fd, bytes.data(), bytes.size(), 0) != st.st_size)
        return std::nullopt;
    return plan_of(bytes);
}

/// Ends this process when there is no Hello: nobody is there to be told.
std::vector<int> receive(int channel, Hello& hello)
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> control{};
    iovec part = {&hello, sizeof hello};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t size = 0;
    while ((size = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    const auto* header = size == sizeof hello ? CMSG_FIRSTHDR(&message) : nullptr;
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS)
        ::_exit(failed);
    std::vector<int> descriptors((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(descriptors.data(), CMSG_DATA(header), descriptors.size() * sizeof(int));
    const std::size_t named = 2; // the plan and the log
    if (descriptors.size() < named + hello.groups + hello.network)
        ::_exit(failed);
    return descriptors;
}

} // namespace

Channel Channel::connect()
{
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(static_cast<char*>(address.sun_path), in_lxd::socket_path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) // NOLINT
        ::_exit(failed);
    return Channel(fd);
}

Received Channel::begin() const
{
    say(Said::ready, 0);
    Hello hello;
    const auto descriptors = receive(fd_, hello);
    auto next = descriptors.begin();
    const int plan_file = *next++;
    auto plan = read_plan(plan_file);
    ::close(plan_file);
    if (!plan) {
        errno = EINVAL;
        fail("cannot read its plan");
    }
    Received received{std::move(*plan), *next++, -1, {}, {}};
    received.groups.assign(next, next + hello.groups);
    next += hello.groups;
    if (hello.network != 0)
        received.network = *next++;
    received.inherited.assign(next, descriptors.end());
    return received;
}

void Channel::say(Said said, int value, bool left_processes) const
{
    const Report report{said, value, left_processes ? 1 : 0, {}};
    static_cast<void>(::send(fd_, &report, sizeof report, MSG_NOSIGNAL)); // a tool that does not read any more is gone
}

void Channel::fail(const std::string& doing, Said said) const
{
    Report report{said, errno, 0, {}};
    const auto text = (doing.empty() ? "" : doing + ": ") + std::strerror(report.value);
    text.copy(report.text.data(), report.text.size() - 1);
    static_cast<void>(::send(fd_, &report, sizeof report, MSG_NOSIGNAL));
    ::_exit(failed);
}

void Channel::wait_for_the_end() const
{
    char byte = 0;
    while (::recv(fd_, &byte, 1, 0) < 0 && errno == EINTR) {
    }
    ::_exit(0);
}

} // namespace sf::sandbox::init
