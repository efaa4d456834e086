#include "sandbox/lxd/lxd_channel.hpp"

#include "util/files/fs.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

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
    channel.listening_.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!channel.listening_ ||
        ::bind(channel.listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || // NOLINT
        ::listen(channel.listening_.get(), 1) != 0)
        return util::fail_errno(errno, fmt::format("cannot make a socket in {}", directory.string()));
    return channel;
}

util::Status LxdChannel::accept(const util::StopToken& stop)
{
    constexpr int patience_ms = 30'000; // LXD says that it runs
    SF_TRY(const bool connects, wait_readable(listening_.get(), stop, patience_ms));
    if (!connects)
        return util::fail(ErrorCode::sandbox, "the container has started, but its first process does not connect",
                          "'lxc info --show-log' of another container of the project slurm-factory may say why");
    util::UniqueFd connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ucred peer = {};
    socklen_t size = sizeof peer;
    if (!connection || ::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return util::fail_errno(errno, "cannot talk to a sandbox's first process");
    pid_ = peer.pid;
    connection_ = InitChannel(std::move(connection));
#ifdef SYS_pidfd_open
    process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
#endif
    exempt_from_memory_killer(pid_);
    return {};
}

void LxdChannel::end()
{
    constexpr int patience_ms = 10'000;
    connection_.close();
    listening_.reset();
    if (process_) {
        pollfd ended = {process_.get(), POLLIN, 0};
        while (::poll(&ended, 1, patience_ms) < 0 && errno == EINTR) {
        }
    }
    process_.reset();
}

} // namespace sf::sandbox
