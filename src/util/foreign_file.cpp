#include "util/foreign_file.hpp"

#include "util/byte_size.hpp"
#include "util/fs.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

/// Up to `most` bytes from the descriptor's position.
Result<std::string> read_at_most(int fd, std::uint64_t most, const std::string& name)
{
    constexpr std::uint64_t piece = std::uint64_t{1} << 16U;
    std::string bytes;
    while (bytes.size() < most) {
        const auto before = bytes.size();
        bytes.resize(before + std::min(piece, most - before));
        const auto count = ::read(fd, bytes.data() + before, bytes.size() - before);
        bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_errno(errno, fmt::format("cannot read {}", name));
        if (count == 0)
            break;
    }
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
    SF_TRY(const auto fd, open_foreign_file(path));
    return read_bounded(fd.get(), most, path.string());
}

Result<std::string> read_foreign_tail(const std::filesystem::path& path, std::uint64_t most)
{
    SF_TRY(const auto fd, open_foreign_file(path));
    SF_TRY(const auto size, regular_size(fd.get(), path.string()));
    if (size > most && ::lseek(fd.get(), static_cast<off_t>(size - most), SEEK_SET) < 0)
        return fail_errno(errno, fmt::format("cannot read {}", path.string()));
    return read_at_most(fd.get(), most, path.string());
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

} // namespace sf::util
