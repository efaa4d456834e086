#include "util/files/claim.hpp"

#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>

namespace sf::util {

namespace stdfs = std::filesystem;

namespace {

std::atomic<std::int64_t> earliest = 0;

/// Gives the file or directory the time of a claim made now; `before`: the one that it had. 0, or what errno says.
int set_claimed(const stdfs::path& thing, std::int64_t before)
{
    const auto least = std::max(before, earliest.load());
    // Every user with write permission may set the present time; only the owner may set another.
    if (std::time(nullptr) >= least)
        return ::utimensat(AT_FDCWD, thing.c_str(), nullptr, 0) == 0 ? 0 : errno;
    const std::array<timespec, 2> times{{{0, UTIME_OMIT}, {least, 0}}};
    return ::utimensat(AT_FDCWD, thing.c_str(), times.data(), 0) == 0 ? 0 : errno;
}

/// Whether the file is locked; its writer holds a lock since Claims::create().
bool is_in_use(const stdfs::path& file)
{
    struct stat st = {};
    if (::lstat(file.c_str(), &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

} // namespace

void claim_no_earlier_than(std::int64_t time)
{
    auto now = earliest.load();
    while (now < time && !earliest.compare_exchange_weak(now, time)) {
    }
}

Status claim_new(const stdfs::path& thing)
{
    if (const int error = set_claimed(thing, 0); error != 0)
        return fail_errno(error, fmt::format("cannot note the use of {}", thing.string()));
    return {};
}

Result<bool> Claims::claim(const std::vector<stdfs::path>& things) const
{
    SF_TRY(const auto lock, FileLock::acquire(lock_file_, FileLock::Mode::shared));
    for (const auto& thing : things) {
        const int error = set_claimed(thing, claimed_at(thing));
        if (error == ENOENT)
            return false;
        if (error != 0)
            return fail_errno(error, fmt::format("cannot note the use of {}", thing.string()));
    }
    return true;
}

Result<UniqueFd> Claims::create(const stdfs::path& file) const
{
    SF_TRY(const auto lock, FileLock::acquire(lock_file_, FileLock::Mode::shared));
    const auto before = claimed_at(file);
    SF_TRY(auto fd, open_file(file, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644));
    // Its time alone would not do: with each line that is written it is what the clock says.
    static_cast<void>(::flock(fd.get(), LOCK_SH | LOCK_NB));
    if (const int error = set_claimed(file, before); error != 0) // emptying an empty file need not change its time
        return fail_errno(error, fmt::format("cannot note the use of {}", file.string()));
    return fd;
}

Result<bool> Claims::remove(const stdfs::path& thing, std::int64_t since) const
{
    const auto aside = thing.parent_path() / (std::string(removing_prefix) + thing.filename().string());
    SF_CHECK(remove_tree(aside));
    {
        SF_TRY(const auto lock, FileLock::acquire(lock_file_));
        const auto claimed = claimed_at(thing);
        if (claimed == 0 || claimed >= since || is_in_use(thing))
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
