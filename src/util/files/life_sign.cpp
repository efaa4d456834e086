#include "util/files/life_sign.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace sf::util {
namespace {

constexpr const char* signs_name = "lock.alive";

/// flock(2), through signals. 0, or what errno says.
int lock(int fd, int operation)
{
    while (::flock(fd, operation) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

bool has_a_name(int fd)
{
    struct stat st = {};
    return ::fstat(fd, &st) == 0 && st.st_nlink > 0;
}

/// The file, locked: its maker is dead. Empty: it lives, or the file is gone.
Result<UniqueFd> lock_of_dead(const stdfs::path& sign)
{
    UniqueFd fd(::open(sign.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)); // for NFS it must be writable
    if (!fd && (errno == ENOENT || errno == EACCES)) // gone, or another user's, who has to judge it
        return UniqueFd();
    if (!fd)
        return fail_errno(errno, fmt::format("cannot open {}", sign.string()));
    const int error = lock(fd.get(), LOCK_EX | LOCK_NB);
    if (error == EWOULDBLOCK)
        return UniqueFd();
    if (error != 0)
        return fail_errno(error, fmt::format("cannot lock {}", sign.string()));
    return has_a_name(fd.get()) ? std::move(fd) : UniqueFd();
}

} // namespace

Result<LifeSign> LifeSign::make(const stdfs::path& directory, std::string_view prefix)
{
    for (;;) {
        SF_CHECK(make_directories(directory));
        auto name = (directory / fmt::format("{}.XXXXXX", prefix)).string();
        UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
        if (!fd && errno == ENOENT) // the last one of others just went, and the directory with it
            continue;
        if (!fd)
            return fail_errno(errno, fmt::format("cannot make a file in {}", directory.string()));
        if (const int error = lock(fd.get(), LOCK_EX); error != 0)
            return fail_errno(error, fmt::format("cannot lock {}", name));
        // Who looked before it was locked may have taken it for one of the dead.
        if (has_a_name(fd.get()))
            return LifeSign(std::move(name), std::move(fd));
    }
}

LifeSign::LifeSign(LifeSign&& other) noexcept : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

LifeSign::~LifeSign()
{
    if (path_.empty())
        return;
    ::unlink(path_.c_str());
    ::rmdir(path_.parent_path().c_str()); // if it was the last
}

Result<bool> is_alive(const stdfs::path& sign)
{
    if (!path_exists(sign))
        return false;
    SF_TRY(const auto dead, lock_of_dead(sign));
    return !dead && path_exists(sign);
}

Status bury_dead(const stdfs::path& directory, const std::function<Status(const std::string& name)>& bury)
{
    SF_TRY(const auto names, names_in(directory));
    for (const auto& name : names) {
        SF_TRY(const auto dead, lock_of_dead(directory / name));
        if (!dead)
            continue;
        SF_CHECK(bury(name));
        ::unlink((directory / name).c_str());
    }
    if (!names.empty())
        ::rmdir(directory.c_str()); // if they were all
    return {};
}

stdfs::path life_sign_of(const stdfs::path& path)
{
    return path.parent_path() / signs_name / path.filename();
}

Result<ScratchDir> ScratchDir::make(const stdfs::path& parent, std::string_view prefix)
{
    for (;;) {
        SF_TRY(auto sign, LifeSign::make(parent / signs_name, prefix));
        auto path = parent / sign.path().filename();
        if (::mkdir(path.c_str(), 0700) == 0)
            return ScratchDir(std::move(sign), std::move(path));
        if (errno != EEXIST) // another's that has no life sign
            return fail_errno(errno, fmt::format("cannot make a directory in {}", parent.string()));
    }
}

ScratchDir::ScratchDir(ScratchDir&& other) noexcept :
    sign_(std::move(other.sign_)), path_(std::exchange(other.path_, {}))
{
}

ScratchDir::~ScratchDir()
{
    // A leftover is found and removed by the next run; there is nobody to tell here.
    if (!path_.empty())
        static_cast<void>(remove_tree(path_));
}

stdfs::path ScratchDir::keep()
{
    return std::exchange(path_, {});
}

Status sweep_scratch(const stdfs::path& parent)
{
    return bury_dead(parent / signs_name, [&parent](const std::string& name) { return remove_tree(parent / name); });
}

} // namespace sf::util
