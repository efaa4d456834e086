#include "relocate/rewrite.hpp"

#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sf::relocate {

std::optional<std::filesystem::path> below_prefix(const std::filesystem::path& path, const std::string& prefix)
{
    if (!path.is_absolute())
        return std::nullopt;
    // The root makes "/a/b/" and "/a/b" the same.
    const auto relative = (path.lexically_normal() / "").parent_path().lexically_relative(prefix);
    if (relative.empty() || *relative.begin() == "..")
        return std::nullopt;
    return relative;
}

FileEdit::~FileEdit()
{
    // The file was writable a moment ago, and a mode is normalised again when the layer is made.
    if (mode_to_restore_)
        static_cast<void>(::fchmod(fd_.get(), *mode_to_restore_));
}

util::Status FileEdit::open()
{
    struct stat status = {};
    if (::lstat(path_.c_str(), &status) != 0)
        return util::fail_errno(errno, fmt::format("cannot look at {}", path_.string()));
    if ((status.st_mode & S_IWUSR) == 0) {
        if (::chmod(path_.c_str(), (status.st_mode & 07777U) | S_IWUSR) != 0)
            return util::fail_errno(errno, fmt::format("cannot make {} writable", path_.string()));
    }
    SF_TRY(fd_, util::open_file(path_, O_RDWR | O_NOFOLLOW));
    if ((status.st_mode & S_IWUSR) == 0)
        mode_to_restore_ = status.st_mode & 07777U;
    return {};
}

util::Status FileEdit::write_at(std::uint64_t offset, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto count = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return util::fail_errno(errno, fmt::format("cannot write {}", path_.string()));
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

util::Status FileEdit::replace_contents(std::string_view bytes)
{
    SF_CHECK(write_at(0, bytes));
    if (::ftruncate(fd_.get(), static_cast<off_t>(bytes.size())) != 0)
        return util::fail_errno(errno, fmt::format("cannot cut {}", path_.string()));
    return {};
}

} // namespace sf::relocate
