#include "sandbox/init/overlay.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace sf::sandbox::init {
namespace {

/// Kernels refuse options that they lack. Then the second text is tried: only the options that change the bytes of a
/// captured layer.
using Attempts = std::pair<std::string, const char*>;

Attempts attempts_at(const OverlayMount& overlay, bool user_namespace)
{
    // With userxattr redirect_dir and metacopy are off, and may not be named.
    Attempts options =
        user_namespace ? Attempts{",userxattr,index=off,xino=off", ",userxattr,index=off"}
                       : Attempts{",redirect_dir=off,metacopy=off,index=off,xino=off", ",redirect_dir=off,index=off"};
    if (!overlay.upper.empty())
        options.first += ",volatile"; // it is scratch; unmounting need not wait until all of it is written
    return options;
}

/// An overlay wants a lower directory. A mount, because its directory is removed later, and a removed lower directory
/// hides the upper's files.
std::string mount_empty(const std::string& path, const Channel& channel)
{
    constexpr unsigned mode = 0755;
    if (!make_directories(path, mode) || ::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0)
        channel.fail("cannot make " + path);
    return path;
}

} // namespace

bool make_directories(const std::string& path, unsigned mode)
{
    struct stat st = {};
    if (::stat(path.c_str(), &st) == 0) {
        errno = ENOTDIR;
        return S_ISDIR(st.st_mode);
    }
    constexpr unsigned usual = 0755;
    const auto slash = path.rfind('/');
    if (slash > 0 && slash != std::string::npos && !make_directories(path.substr(0, slash), usual))
        return false;
    return ::mkdir(path.c_str(), usual) == 0 && ::chmod(path.c_str(), mode) == 0;
}

/// The directories are named by descriptor numbers, relative to /proc/self/fd: however many layers and whatever
/// characters are in their paths, the options stay well below the one page that mount(2) takes.
void mount_overlay(const OverlayMount& overlay, bool user_namespace, const Channel& channel)
{
    std::vector<int> opened;
    auto open_directory = [&opened](const std::string& path) {
        const int fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            opened.push_back(fd);
        return fd;
    };
    auto lower = overlay.lower;
    if (lower.empty())
        lower.push_back(mount_empty(overlay.target + "-empty", channel));
    std::string text = "lowerdir=";
    for (const auto& path : lower) {
        const int fd = open_directory(path);
        if (fd < 0)
            channel.fail("cannot open " + path + ", a layer of " + overlay.inside);
        text += (opened.size() > 1 ? ":" : "") + std::to_string(fd);
    }
    if (!overlay.upper.empty()) {
        const int upper = open_directory(overlay.upper);
        const int work = upper < 0 ? -1 : open_directory(overlay.work);
        if (work < 0)
            channel.fail("cannot open " + overlay.upper + " or " + overlay.work + ", where changes of " +
                         overlay.inside + " go");
        text += ",upperdir=" + std::to_string(upper) + ",workdir=" + std::to_string(work);
    }
    const auto [best, plain] = attempts_at(overlay, user_namespace);
    auto attempt = [&overlay](const std::string& options) {
        return ::mount("overlay", overlay.target.c_str(), "overlay", MS_NOSUID | MS_NODEV, options.c_str()) == 0;
    };
    const bool mounted =
        ::chdir("/proc/self/fd") == 0 && (attempt(text + best) || (errno == EINVAL && attempt(text + plain)));
    if (!mounted)
        channel.fail("cannot mount the overlay of " + std::to_string(lower.size()) + " layers on " + overlay.inside,
                     Said::no_overlay);
    for (const int fd : opened)
        ::close(fd);
}

} // namespace sf::sandbox::init
