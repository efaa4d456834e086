#include "util/files/foreign_tree.hpp"

#include "util/files/directory.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/files/open_in_root.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <utility>

namespace sf::util {
namespace {

namespace stdfs = std::filesystem;

mode_t type_of(int fd)
{
    struct stat st = {};
    return ::fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

/// "usr//lib/." to "usr/lib".
stdfs::path tidy(const stdfs::path& path)
{
    stdfs::path tidied;
    for (const auto& part : path)
        if (!part.empty() && part != "/" && part != ".")
            tidied /= part;
    return tidied;
}

Status remove_contents(int directory, const std::string& name)
{
    SF_TRY(const auto names, names_in(directory, name));
    for (const auto& below : names)
        if (auto removed = remove_at(directory, below); !removed)
            return fail(std::move(removed).error(), fmt::format("removing what is in {}", name));
    return {};
}

} // namespace

Status remove_at(int directory, const std::string& name)
{
    if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT)
        return {};
    if (errno != EISDIR && errno != EPERM)
        return fail_errno(errno, fmt::format("cannot remove {}", name));
    constexpr mode_t owner_all = 0700;
    UniqueFd below(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!below && errno == EACCES && ::fchmodat(directory, name.c_str(), owner_all, 0) == 0)
        below.reset(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!below)
        return fail_errno(errno, fmt::format("cannot remove {}", name));
    static_cast<void>(::fchmod(below.get(), owner_all)); // else removing says why
    SF_CHECK(remove_contents(below.get(), name));
    if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0)
        return fail_errno(errno, fmt::format("cannot remove {}", name));
    return {};
}

Result<ForeignTree> ForeignTree::open(const stdfs::path& top)
{
    SF_TRY(auto fd, open_file(top, O_PATH | O_DIRECTORY));
    return ForeignTree(top, std::move(fd));
}

std::string ForeignTree::on_host(const stdfs::path& path) const
{
    return (top_ / path.relative_path()).string();
}

bool ForeignTree::exists(const stdfs::path& path) const
{
    return open_in_root(fd_.get(), path, O_PATH).has_value();
}

bool ForeignTree::is_regular_file(const stdfs::path& path) const
{
    const auto fd = open_in_root(fd_.get(), path, O_PATH);
    return fd && type_of(fd->get()) == S_IFREG;
}

bool ForeignTree::is_directory(const stdfs::path& path) const
{
    const auto fd = open_in_root(fd_.get(), path, O_PATH);
    return fd && type_of(fd->get()) == S_IFDIR;
}

Result<stdfs::path> ForeignTree::resolve(const stdfs::path& path) const
{
    SF_TRY(auto resolved, resolve(path, Exit::ends_at_top));
    return std::move(*resolved);
}

Result<std::optional<stdfs::path>> ForeignTree::resolve_inside(const stdfs::path& path) const
{
    return resolve(path, Exit::refused);
}

Result<std::optional<stdfs::path>> ForeignTree::resolve(const stdfs::path& path, Exit exit) const
{
    constexpr int most_links = 40; // as the kernel has it
    int links = 0;
    const auto wanted = tidy(path);
    std::deque<stdfs::path> left(wanted.begin(), wanted.end());
    stdfs::path at = "/";
    while (!left.empty()) {
        const auto part = std::move(left.front());
        left.pop_front();
        if (part == "..") {
            if (exit == Exit::refused && at == "/")
                return std::optional<stdfs::path>();
            at = at.parent_path();
            continue;
        }
        const auto next = at / part;
        std::array<char, PATH_MAX> target = {};
        // What is before the last name has no links any more.
        const auto length = ::readlinkat(fd_.get(), next.relative_path().c_str(), target.data(), target.size());
        if (length < 0) {
            at = next;
            continue;
        }
        if (++links > most_links)
            return fail_errno(ELOOP, fmt::format("cannot follow {}", on_host(path)));
        const stdfs::path to(std::string(target.data(), static_cast<std::size_t>(length)));
        if (to.is_absolute() && exit == Exit::refused)
            return std::optional<stdfs::path>();
        if (to.is_absolute())
            at = "/";
        const auto names = tidy(to);
        left.insert(left.begin(), names.begin(), names.end());
    }
    return std::optional(std::move(at));
}

Result<UniqueFd> ForeignTree::open(const stdfs::path& path, int flags, mode_t mode) const
{
    const int more = (flags & O_PATH) != 0 ? 0 : O_NONBLOCK | O_NOCTTY;
    auto fd = open_in_root(fd_.get(), path, flags | more, mode);
    if (!fd)
        return fail(std::move(fd).error(), fmt::format("opening {}", on_host(path)));
    return fd;
}

Result<std::string> ForeignTree::read_file(const stdfs::path& path, std::uint64_t most) const
{
    SF_TRY(const auto fd, open(path, O_RDONLY));
    return read_bounded(fd.get(), most, on_host(path));
}

Result<std::vector<std::string>> ForeignTree::names_in(const stdfs::path& directory) const
{
    if (!exists(directory))
        return std::vector<std::string>();
    SF_TRY(const auto fd, open(directory, O_RDONLY | O_DIRECTORY));
    return util::names_in(fd.get(), on_host(directory));
}

Status ForeignTree::make_directories(const stdfs::path& path, mode_t mode) const
{
    stdfs::path made;
    for (const auto& part : tidy(path)) {
        made /= part;
        if (is_directory(made))
            continue;
        SF_TRY(const auto parent, parent_of(made));
        if (::mkdirat(parent.get(), part.c_str(), mode) != 0)
            return fail_errno(errno, fmt::format("cannot make the directory {}", on_host(made)));
    }
    return {};
}

Status ForeignTree::write_file(const stdfs::path& path, std::string_view bytes, mode_t mode) const
{
    const auto tidied = tidy(path);
    SF_CHECK(make_directories(tidied.parent_path()));
    SF_CHECK(remove(tidied));
    SF_TRY(const auto parent, parent_of(tidied));
    const UniqueFd file(
        ::openat(parent.get(), tidied.filename().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file)
        return fail_errno(errno, fmt::format("cannot make {}", on_host(path)));
    if (auto written = write_all(file.get(), bytes); !written)
        return fail(std::move(written).error(), fmt::format("writing {}", on_host(path)));
    if (::fchmod(file.get(), mode) != 0) // the umask took some of it
        return fail_errno(errno, fmt::format("cannot finish {}", on_host(path)));
    return {};
}

Status ForeignTree::remove(const stdfs::path& path) const
{
    const auto tidied = tidy(path);
    if (tidied.empty() || tidied.filename() == "..")
        return fail(ErrorCode::failure, fmt::format("{} cannot be removed", on_host(path)));
    if (!is_directory(tidied.parent_path()))
        return {};
    SF_TRY(const auto parent, parent_of(tidied));
    if (auto removed = remove_at(parent.get(), tidied.filename().string()); !removed)
        return fail(std::move(removed).error(), fmt::format("removing {}", on_host(path)));
    return {};
}

Status ForeignTree::clear_directory(const stdfs::path& path) const
{
    if (!is_directory(path))
        return {};
    SF_TRY(const auto directory, open(path, O_RDONLY | O_DIRECTORY));
    return remove_contents(directory.get(), on_host(path));
}

Result<UniqueFd> ForeignTree::parent_of(const stdfs::path& path) const
{
    return open(path.parent_path(), O_RDONLY | O_DIRECTORY);
}

} // namespace sf::util
