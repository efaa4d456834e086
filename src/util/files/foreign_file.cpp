#include "util/files/foreign_file.hpp"

#include "util/byte_size.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sf::util {
namespace {

Result<std::uint64_t> regular_size(int fd, const std::string& name)
{
    struct stat st = {};
    if (::fstat(fd, &st) != 0)
        return fail_errno(errno, fmt::format("cannot look at {}", name));
    if (!S_ISREG(st.st_mode))
        return fail(ErrorCode::failure, fmt::format("{} is not a regular file", name));
    return static_cast<std::uint64_t>(st.st_size);
}

tl::unexpected<Error> too_large(const std::string& name, std::uint64_t most)
{
    return fail(ErrorCode::failure, fmt::format("{} is larger than {}", name, human_bytes(most)));
}

/// Waits until a pipe has more, or is closed.
void wait_for_bytes(int fd)
{
    pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
    ::poll(&waited, 1, -1);
}

/// Appends up to `most` bytes from the descriptor's position. Returns an error number, or 0.
int append_at_most(int fd, std::uint64_t most, std::string& bytes)
{
    constexpr std::uint64_t piece = std::uint64_t{1} << 16U;
    while (bytes.size() < most) {
        const auto before = bytes.size();
        bytes.resize(before + std::min(piece, most - before));
        const auto count = ::read(fd, bytes.data() + before, bytes.size() - before);
        bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (count < 0 && errno == EAGAIN)
            wait_for_bytes(fd);
        else if (count < 0 && errno != EINTR)
            return errno;
        if (count == 0)
            break;
    }
    return 0;
}

Result<std::string> read_at_most(int fd, std::uint64_t most, const std::string& name)
{
    std::string bytes;
    if (const int error = append_at_most(fd, most, bytes); error != 0)
        return fail_errno(error, fmt::format("cannot read {}", name));
    return bytes;
}

} // namespace

Result<UniqueFd> open_foreign_file(const std::filesystem::path& path)
{
    // O_NONBLOCK: a FIFO without a writer would hold open(2) for ever.
    auto fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    std::error_code ignored;
    if (!fd && std::filesystem::is_symlink(path, ignored))
        return fail(ErrorCode::failure, fmt::format("{} is a symbolic link", path.string()));
    if (!fd)
        return fd;
    SF_CHECK(regular_size(fd->get(), path.string()));
    return fd;
}

Result<std::string> read_foreign_file(const std::filesystem::path& path, std::uint64_t most)
{
    // NFS has no more of a file that another machine replaces meanwhile; then the new one is read.
    constexpr int attempts = 20;
    for (int attempt = 1;; ++attempt) {
        SF_TRY(const auto fd, open_foreign_file(path));
        SF_TRY(const auto size, regular_size(fd.get(), path.string()));
        std::string bytes;
        const int error = size > most ? 0 : append_at_most(fd.get(), most + 1, bytes);
        if (error == ESTALE && attempt < attempts)
            continue;
        if (error != 0)
            return fail_errno(error, fmt::format("cannot read {}", path.string()));
        if (size > most || bytes.size() > most)
            return too_large(path.string(), most);
        return bytes;
    }
}

Result<std::string> read_named_file(const std::filesystem::path& path, std::uint64_t most)
{
    SF_TRY(const auto fd, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    SF_TRY(auto bytes, read_at_most(fd.get(), most + 1, path.string()));
    if (bytes.size() > most)
        return too_large(path.string(), most);
    return bytes;
}

Result<std::string> read_foreign_start(const std::filesystem::path& path, std::uint64_t most)
{
    SF_TRY(const auto fd, open_foreign_file(path));
    return read_at_most(fd.get(), most, path.string());
}

Result<std::string> read_foreign_tail(const std::filesystem::path& path, std::uint64_t most)
{
    SF_TRY(const auto fd, open_foreign_file(path));
    return read_tail(fd.get(), most, path.string());
}

Result<std::string> read_tail(int fd, std::uint64_t most, const std::string& name)
{
    SF_TRY(const auto size, regular_size(fd, name));
    if (size > most && ::lseek(fd, static_cast<off_t>(size - most), SEEK_SET) < 0)
        return fail_errno(errno, fmt::format("cannot read {}", name));
    return read_at_most(fd, most, name);
}

Result<std::string> read_bounded(int fd, std::uint64_t most, const std::string& name)
{
    SF_TRY(const auto size, regular_size(fd, name));
    if (size > most)
        return too_large(name, most);
    SF_TRY(auto bytes, read_at_most(fd, most + 1, name));
    if (bytes.size() > most)
        return too_large(name, most);
    return bytes;
}

Result<std::string> read_stream(int fd, std::uint64_t most, const std::string& name, const StopToken& stop)
{
    std::string bytes;
    std::array<char, 65536> buffer{};
    while (bytes.size() <= most) {
        std::array<pollfd, 2> fds = {pollfd{fd, POLLIN, 0}, pollfd{stop.fd(), POLLIN, 0}};
        if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR)
            return fail_errno(errno, fmt::format("cannot wait for {}", name));
        SF_CHECK(stop.check());
        if (fds[0].revents == 0)
            continue;
        const auto count = ::read(fd, buffer.data(), buffer.size());
        if (count < 0 && errno != EINTR && errno != EAGAIN)
            return fail_errno(errno, fmt::format("cannot read {}", name));
        if (count == 0)
            return bytes;
        bytes.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    return too_large(name, most);
}

} // namespace sf::util
