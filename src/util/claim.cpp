#include "util/claim.hpp"

#include "util/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace sf::util {

namespace stdfs = std::filesystem;

Result<bool> Claims::claim(const std::vector<stdfs::path>& things) const
{
    SF_TRY(const auto lock, FileLock::acquire(lock_file_, FileLock::Mode::shared));
    for (const auto& thing : things) {
        if (::utimensat(AT_FDCWD, thing.c_str(), nullptr, 0) == 0)
            continue;
        if (errno == ENOENT)
            return false;
        return fail_errno(errno, fmt::format("cannot note the use of {}", thing.string()));
    }
    return true;
}

Result<UniqueFd> Claims::create(const stdfs::path& file) const
{
    SF_TRY(const auto lock, FileLock::acquire(lock_file_, FileLock::Mode::shared));
    SF_TRY(auto fd, open_file(file, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644));
    if (::futimens(fd.get(), nullptr) != 0) // emptying an empty file need not change its time
        return fail_errno(errno, fmt::format("cannot note the use of {}", file.string()));
    return fd;
}

Result<bool> Claims::remove(const stdfs::path& thing, std::int64_t since) const
{
    const auto aside = thing.parent_path() / (std::string(removing_prefix) + thing.filename().string());
    SF_CHECK(remove_tree(aside));
    {
        SF_TRY(const auto lock, FileLock::acquire(lock_file_));
        const auto claimed = claimed_at(thing);
        if (claimed == 0 || claimed >= since)
            return false;
        SF_CHECK(rename_path(thing, aside));
    }
    SF_CHECK(remove_tree(aside));
    return true;
}

std::int64_t claimed_at(const stdfs::path& thing)
{
    struct stat st = {};
    return ::lstat(thing.c_str(), &st) == 0 ? st.st_mtim.tv_sec : 0;
}

} // namespace sf::util
