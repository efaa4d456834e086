#include "sandbox/lxd_channel.hpp"

#include "util/fs.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// Waits until `fd` is readable, or the stop request.
util::Status wait_for(int fd, const util::StopToken& stop, int timeout_ms = -1)
{
    for (;;) {
        std::array<pollfd, 2> fds = {pollfd{fd, POLLIN, 0}, pollfd{stop.fd(), POLLIN, 0}};
        const int count = ::poll(fds.data(), fds.size(), timeout_ms);
        if (count < 0 && errno != EINTR)
            return util::fail_errno(errno, "cannot wait for a sandbox");
        SF_CHECK(stop.check());
        if (count == 0)
            return util::fail(ErrorCode::sandbox, "the container has started, but its first process does not connect",
                              "'lxc info --show-log' of another container of the project slurm-factory may say why");
        if (count > 0 && fds[0].revents != 0)
            return {};
    }
}

util::Status send_with_descriptors(int socket, lxd_protocol::Hello hello, const std::vector<int>& descriptors)
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * lxd_protocol::most_descriptors)> control{};
    const auto bytes = descriptors.size() * sizeof(int);
    iovec part = {&hello, sizeof hello};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(bytes);
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof hello))
        return util::fail_errno(errno, "cannot hand descriptors to a sandbox");
    return {};
}

/// The out-of-memory killer is for the command, not for the init. It may be that only LXD could do this: then the init,
/// small as it is, is still the last to be picked.
void exempt_from_memory_killer(pid_t pid)
{
    if (const auto file = util::open_file(fmt::format("/proc/{}/oom_score_adj", pid), O_WRONLY))
        static_cast<void>(!::write(file->get(), "-1000", 5));
}

} // namespace

util::Result<LxdChannel> LxdChannel::make(const stdfs::path& directory)
{
    LxdChannel channel;
    // By way of /proc: a socket's address has room for 107 bytes.
    SF_TRY(const auto place, util::open_file(directory, O_PATH | O_DIRECTORY));
    const auto path = fmt::format("/proc/self/fd/{}/socket", place.get());
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
    channel.listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!channel.listening_ ||
        ::bind(channel.listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || // NOLINT
        ::listen(channel.listening_.get(), 1) != 0)
        return util::fail_errno(errno, fmt::format("cannot make a socket in {}", directory.string()));
    return channel;
}

util::Status LxdChannel::accept(const util::StopToken& stop)
{
    constexpr int patience_ms = 30'000; // LXD says that it runs
    SF_CHECK(wait_for(listening_.get(), stop, patience_ms));
    connection_.reset(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ucred peer = {};
    socklen_t size = sizeof peer;
    if (!connection_ || ::getsockopt(connection_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return util::fail_errno(errno, "cannot talk to a sandbox's first process");
    pid_ = peer.pid;
#ifdef SYS_pidfd_open
    process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
#endif
    exempt_from_memory_killer(pid_);
    return {};
}

util::Status LxdChannel::begin(const Job& job)
{
    util::UniqueFd null;
    util::UniqueFd network;
    std::vector<int> descriptors = {job.log_fd};
    if (job.log_fd < 0) {
        SF_TRY(null, util::open_file("/dev/null", O_RDWR));
        descriptors.front() = null.get();
    }
    if (job.network) {
        SF_TRY(network, util::open_file("/proc/self/ns/net", O_RDONLY));
        descriptors.push_back(network.get());
    }
    descriptors.insert(descriptors.end(), job.inherited_fds.begin(), job.inherited_fds.end());
    if (descriptors.size() > lxd_protocol::most_descriptors)
        return util::fail(ErrorCode::sandbox, fmt::format("job '{}' hands in {} descriptors, more than {}", job.name,
                                                          descriptors.size(), lxd_protocol::most_descriptors));
    return send_with_descriptors(connection_.get(),
                                 {static_cast<std::uint32_t>(descriptors.size()), job.network ? 1U : 0U}, descriptors);
}

util::Result<std::optional<lxd_protocol::Report>> LxdChannel::follow(const util::StopToken& stop)
{
    SF_CHECK(wait_for(connection_.get(), stop));
    lxd_protocol::Report report;
    const auto size = ::recv(connection_.get(), &report, sizeof report, MSG_WAITALL);
    report.text.back() = '\0';
    if (size != static_cast<ssize_t>(sizeof report))
        return std::optional<lxd_protocol::Report>();
    return std::optional(report);
}

void LxdChannel::end()
{
    constexpr int patience_ms = 10'000;
    connection_.reset();
    listening_.reset();
    if (process_) {
        pollfd ended = {process_.get(), POLLIN, 0};
        while (::poll(&ended, 1, patience_ms) < 0 && errno == EINTR) {
        }
    }
    process_.reset();
}

} // namespace sf::sandbox
