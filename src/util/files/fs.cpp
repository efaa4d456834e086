#include "util/files/fs.hpp"

#include "util/files/directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace sf::util {
namespace {

UniqueFd open_retrying(const stdfs::path& path, int flags, mode_t mode)
{
    int fd = -1;
    do
        fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return UniqueFd(fd);
}

Status sync_directory(const stdfs::path& directory)
{
    SF_TRY(auto fd, open_file(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY));
    if (::fsync(fd.get()) != 0 && errno != EINVAL)
        return fail_errno(errno, fmt::format("cannot sync {}", directory.string()));
    return {};
}

/// A file name's entry as lstat(2) sees it.
Result<TreeEntry> read_entry(const stdfs::path& root, const stdfs::path& relative)
{
    struct stat st = {};
    const auto full = root / relative;
    if (::lstat(full.c_str(), &st) != 0)
        return fail_errno(errno, fmt::format("cannot look at {}", full.string()));
    TreeEntry entry;
    entry.relative = relative;
    entry.mode = st.st_mode & 07777U;
    entry.size = S_ISREG(st.st_mode) ? static_cast<std::uint64_t>(st.st_size) : 0;
    entry.link_count = st.st_nlink;
    entry.device_inode_key = st.st_ino ^ (static_cast<std::uint64_t>(st.st_dev) << 48U);
    if (S_ISREG(st.st_mode))
        entry.type = stdfs::file_type::regular;
    else if (S_ISDIR(st.st_mode))
        entry.type = stdfs::file_type::directory;
    else if (S_ISLNK(st.st_mode))
        entry.type = stdfs::file_type::symlink;
    else if (S_ISCHR(st.st_mode))
        entry.type = stdfs::file_type::character;
    else if (S_ISBLK(st.st_mode))
        entry.type = stdfs::file_type::block;
    else if (S_ISFIFO(st.st_mode))
        entry.type = stdfs::file_type::fifo;
    else
        entry.type = stdfs::file_type::socket;
    if (entry.type == stdfs::file_type::symlink) {
        std::error_code error;
        entry.link_target = stdfs::read_symlink(full, error).string();
        if (error)
            return fail_errno(error.value(), fmt::format("cannot read the link {}", full.string()));
    }
    return entry;
}

Status walk_into(const stdfs::path& root, const stdfs::path& relative, std::vector<TreeEntry>& entries)
{
    SF_TRY(const auto names, names_in(root / relative));
    for (const auto& name : names) {
        SF_TRY(auto entry, read_entry(root, relative / name));
        const bool descend = entry.type == stdfs::file_type::directory;
        const auto below = entry.relative;
        entries.push_back(std::move(entry));
        if (descend)
            SF_CHECK(walk_into(root, below, entries));
    }
    return {};
}

/// Gives the owner full access to every directory below, so that it can be emptied.
void open_directories(const stdfs::path& path)
{
    std::error_code ignored;
    if (!stdfs::is_directory(stdfs::symlink_status(path, ignored)))
        return;
    stdfs::permissions(path, stdfs::perms::owner_all, stdfs::perm_options::add, ignored);
    for (const auto& below : readable_paths_in(path))
        open_directories(below);
}

/// Returns an error number, or 0.
int read_to_end(int fd, std::string& bytes)
{
    struct stat st = {};
    if (::fstat(fd, &st) == 0 && st.st_size > 0)
        bytes.reserve(static_cast<std::size_t>(st.st_size));
    std::string buffer(std::size_t{1} << 16U, '\0');
    for (;;) {
        const auto count = ::read(fd, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        if (count == 0)
            return 0;
        bytes.append(buffer, 0, static_cast<std::size_t>(count));
    }
}

Result<UniqueFd> open_lock(const stdfs::path& path)
{
    SF_CHECK(make_directories(path.parent_path()));
    // In a directory that others may write to, the name may be a link that they made, or a FIFO.
    SF_TRY(auto fd, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0644));
    struct stat st = {};
    if (::fstat(fd.get(), &st) != 0)
        return fail_errno(errno, fmt::format("cannot look at {}", path.string()));
    if (!S_ISREG(st.st_mode))
        return fail(ErrorCode::failure, fmt::format("the lock {} is not a regular file", path.string()),
                    "remove it, and find out who made it");
    return fd;
}

int flock_operation(FileLock::Mode mode)
{
    return mode == FileLock::Mode::shared ? LOCK_SH : LOCK_EX;
}

} // namespace

Result<UniqueFd> open_file(const stdfs::path& path, int flags, mode_t mode)
{
    auto fd = open_retrying(path, flags, mode);
    if (!fd)
        return fail_errno(errno, fmt::format("cannot open {}", path.string()));
    return fd;
}

Result<std::string> read_file(const stdfs::path& path)
{
    // NFS has no more of a file that another machine replaces meanwhile; then the new one is read.
    constexpr int attempts = 20;
    for (int attempt = 1;; ++attempt) {
        SF_TRY(auto fd, open_file(path, O_RDONLY));
        std::string bytes;
        const int error = read_to_end(fd.get(), bytes);
        if (error == 0)
            return bytes;
        if (error != ESTALE || attempt == attempts)
            return fail_errno(error, fmt::format("cannot read {}", path.string()));
    }
}

Status write_all(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_errno(errno, "cannot write");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Status write_file_atomic(const stdfs::path& path, std::string_view bytes, mode_t mode)
{
    SF_CHECK(make_directories(path.parent_path()));
    auto temporary = path.string() + ".XXXXXX";
    UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("cannot make a file beside {}", path.string()));
    auto discard = [&temporary](Error error, const stdfs::path& target) -> Status {
        ::unlink(temporary.c_str());
        return fail(std::move(error), fmt::format("writing {}", target.string()));
    };
    if (auto written = write_all(fd.get(), bytes); !written)
        return discard(std::move(written).error(), path);
    if (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0)
        return discard(fail_errno(errno, "cannot finish the file").value(), path);
    if (auto renamed = rename_path(temporary, path); !renamed)
        return discard(std::move(renamed).error(), path);
    return sync_directory(path.parent_path());
}

Status make_directories(const stdfs::path& path)
{
    std::error_code error;
    if (!path.empty())
        stdfs::create_directories(path, error);
    if (error)
        return fail_errno(error.value(), fmt::format("cannot make the directory {}", path.string()));
    return {};
}

Status remove_tree(const stdfs::path& path)
{
    std::error_code error;
    stdfs::remove_all(path, error);
    if (error == std::errc::permission_denied) {
        open_directories(path);
        error.clear();
        stdfs::remove_all(path, error);
    }
    if (error)
        return fail_errno(error.value(), fmt::format("cannot remove {}", path.string()));
    return {};
}

Status rename_path(const stdfs::path& from, const stdfs::path& to)
{
    if (::rename(from.c_str(), to.c_str()) != 0)
        return fail_errno(errno, fmt::format("cannot rename {} to {}", from.string(), to.string()));
    return {};
}

bool path_exists(const stdfs::path& path)
{
    struct stat st = {};
    return ::lstat(path.c_str(), &st) == 0;
}

Result<std::uint64_t> free_space(const stdfs::path& path)
{
    auto existing = absolute_path(path);
    while (!path_exists(existing) && existing.has_relative_path())
        existing = existing.parent_path();
    struct statvfs st = {};
    if (::statvfs(existing.c_str(), &st) != 0)
        return fail_errno(errno, fmt::format("cannot ask for the free space of {}", existing.string()));
    return static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize;
}

Status require_space(const stdfs::path& path, std::uint64_t needed, std::string_view purpose)
{
    SF_TRY(const auto available, free_space(path));
    if (available >= needed)
        return {};
    constexpr std::uint64_t mebibyte = 1ULL << 20U;
    return fail(ErrorCode::no_space,
                fmt::format("not enough space in {} for {}: {} MiB needed, {} MiB free", path.string(), purpose,
                            needed / mebibyte + 1, available / mebibyte),
                Reason::place_full);
}

Result<std::vector<TreeEntry>> walk_tree(const stdfs::path& root)
{
    struct stat st = {};
    if (::stat(root.c_str(), &st) != 0)
        return fail_errno(errno, fmt::format("cannot read the directory {}", root.string()));
    std::vector<TreeEntry> entries;
    SF_CHECK(walk_into(root, {}, entries));
    std::sort(entries.begin(), entries.end(),
              [](const TreeEntry& a, const TreeEntry& b) { return a.relative.native() < b.relative.native(); });
    return entries;
}

Result<TempDir> TempDir::make(const stdfs::path& parent, std::string_view prefix)
{
    SF_CHECK(make_directories(parent));
    auto name = (parent / fmt::format("{}.XXXXXX", prefix)).string();
    if (::mkdtemp(name.data()) == nullptr)
        return fail_errno(errno, fmt::format("cannot make a directory in {}", parent.string()));
    return TempDir(stdfs::path(name));
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept
{
    std::swap(path_, other.path_);
    return *this;
}

TempDir::~TempDir()
{
    // A leftover is found and removed by the next run; there is nobody to tell here.
    if (!path_.empty())
        static_cast<void>(remove_tree(path_));
}

stdfs::path TempDir::keep()
{
    return std::exchange(path_, {});
}

Result<FileLock> FileLock::acquire(const stdfs::path& path, Mode mode)
{
    SF_TRY(auto fd, open_lock(path));
    while (::flock(fd.get(), flock_operation(mode)) != 0) {
        if (errno != EINTR)
            return fail_errno(errno, fmt::format("cannot lock {}", path.string()));
    }
    return FileLock(std::move(fd));
}

Result<std::optional<FileLock>> FileLock::try_acquire(const stdfs::path& path, Mode mode)
{
    SF_TRY(auto fd, open_lock(path));
    while (::flock(fd.get(), flock_operation(mode) | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return std::optional<FileLock>();
        if (errno != EINTR)
            return fail_errno(errno, fmt::format("cannot lock {}", path.string()));
    }
    return std::optional<FileLock>(FileLock(std::move(fd)));
}

} // namespace sf::util
