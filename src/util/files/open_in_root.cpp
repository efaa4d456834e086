#include "util/files/open_in_root.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace sf::util {
namespace {

namespace stdfs = std::filesystem;

tl::unexpected<Error> cannot_open(int error, const stdfs::path& path)
{
    return fail_errno(error, fmt::format("cannot open {}", path.empty() ? "." : path.string()));
}

std::deque<std::string> names_of(const stdfs::path& path)
{
    std::deque<std::string> names;
    for (const auto& part : path)
        if (!part.empty() && part != "/" && part != ".")
            names.push_back(part.string());
    return names;
}

/// One path on its way: the directories from the top to where it is, and the names that are left.
class Walk {
public:
    Walk(int top, stdfs::path path) : top_(top), path_(std::move(path)), left_(names_of(path_)) {}

    Result<UniqueFd> open(int flags, mode_t mode)
    {
        while (!left_.empty()) {
            const auto name = std::move(left_.front());
            left_.pop_front();
            if (name == "..") {
                if (!passed_.empty())
                    passed_.pop_back();
                continue;
            }
            if (left_.empty()) {
                SF_TRY(auto file, open_last(name, flags, mode));
                if (file)
                    return std::move(*file);
                continue;
            }
            SF_TRY(const bool followed, follow(name));
            if (followed)
                continue;
            UniqueFd directory(::openat(here(), name.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
            if (!directory)
                return cannot_open(errno, path_);
            passed_.push_back(std::move(directory));
        }
        // The path, or a link in it, ends at a directory that was passed.
        UniqueFd directory(::openat(here(), ".", flags | O_CLOEXEC, mode));
        return directory ? Result<UniqueFd>(std::move(directory)) : cannot_open(errno, path_);
    }

private:
    [[nodiscard]] int here() const { return passed_.empty() ? top_ : passed_.back().get(); }

    /// nullopt: the last name is a link, whose target is now what is left.
    Result<std::optional<UniqueFd>> open_last(const std::string& name, int flags, mode_t mode)
    {
        UniqueFd file(::openat(here(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
        const int error = file ? 0 : errno;
        // A link itself is opened by O_PATH alone, and is what was asked for with O_NOFOLLOW only.
        const bool may_be_link = file ? (flags & O_PATH) != 0 : error == ELOOP || error == ENOTDIR;
        if (may_be_link && (flags & (O_NOFOLLOW | O_EXCL)) == 0) {
            SF_TRY(const bool followed, follow(name));
            if (followed)
                return std::optional<UniqueFd>();
        }
        if (!file)
            return cannot_open(error, path_);
        return std::optional(std::move(file));
    }

    /// Puts the target of a link before the names that are left; false for what is no link.
    Result<bool> follow(const std::string& name)
    {
        std::array<char, PATH_MAX> target = {};
        const auto length = ::readlinkat(here(), name.c_str(), target.data(), target.size());
        if (length < 0)
            return false;
        constexpr int most_links = 40; // as the kernel has it
        if (++links_ > most_links)
            return cannot_open(ELOOP, path_);
        const stdfs::path to(std::string(target.data(), static_cast<std::size_t>(length)));
        if (to.is_absolute())
            passed_.clear();
        const auto names = names_of(to);
        left_.insert(left_.begin(), names.begin(), names.end());
        return true;
    }

    int top_;
    stdfs::path path_;
    std::deque<std::string> left_;
    std::vector<UniqueFd> passed_;
    int links_ = 0;
};

} // namespace

Result<UniqueFd> open_in_root_by_steps(int top, const stdfs::path& path, int flags, mode_t mode)
{
    return Walk(top, path).open(flags, mode);
}

Result<UniqueFd> open_in_root(int top, const stdfs::path& path, int flags, mode_t mode)
{
    open_how how = {};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const auto name = path.empty() ? std::string(".") : path.string();
    for (;;) {
        UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, top, name.c_str(), &how, sizeof how)));
        if (fd)
            return fd;
        // EAGAIN: a directory was renamed meanwhile, and the kernel cannot tell whether the path left the tree.
        if (errno == EINTR || errno == EAGAIN)
            continue;
        if (errno == ENOSYS || errno == EPERM) // EPERM: seccomp filters that know no openat2
            return open_in_root_by_steps(top, path, flags, mode);
        return cannot_open(errno, path);
    }
}

} // namespace sf::util
