#include "sandbox/lxd_init/mounts.hpp"

#include "sandbox/lxd_protocol.hpp"
#include "sandbox/masks.hpp"
#include "sandbox/overlay_options.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace sf::sandbox::lxd_init {
namespace {

std::string failure(const std::string& doing)
{
    return doing + ": " + std::strerror(errno);
}

bool is_directory(const std::string& path)
{
    struct stat st = {};
    return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

bool make_directories(const std::string& path, mode_t mode)
{
    for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
        if (::mkdir(path.substr(0, slash).c_str(), 0755) != 0 && errno != EEXIST)
            return false;
    if (::mkdir(path.c_str(), 0755) == 0)
        return ::chmod(path.c_str(), mode) == 0;
    return errno == EEXIST;
}

bool make_mount_point(const MountStep& step)
{
    if (!step.is_file)
        return make_directories(step.inside, step.mode) && (is_directory(step.inside) || (errno = ENOTDIR, false));
    if (is_directory(step.inside)) {
        errno = EISDIR;
        return false;
    }
    const auto slash = step.inside.rfind('/');
    if (slash > 0 && !make_directories(step.inside.substr(0, slash), 0755))
        return false;
    const int fd = ::open(step.inside.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0)
        ::close(fd);
    return fd >= 0;
}

struct Options {
    unsigned long flags = 0;
    std::string data;
};

Options split_options(const std::vector<std::string>& words)
{
    using Known = std::pair<std::string_view, unsigned long>;
    constexpr std::array known = {
        Known{"nosuid", MS_NOSUID}, Known{"nodev", MS_NODEV},
        Known{"noexec", MS_NOEXEC}, Known{"strictatime", MS_STRICTATIME},
        Known{"ro", MS_RDONLY},     Known{"rw", 0},
        Known{"bind", 0},
    };
    Options options;
    for (const auto& word : words) {
        const auto* at =
            std::find_if(std::begin(known), std::end(known), [&word](const auto& pair) { return word == pair.first; });
        if (at != known.end())
            options.flags |= at->second;
        else
            options.data.append(options.data.empty() ? "" : ",").append(word);
    }
    return options;
}

bool bind_to(const std::string& source, const std::string& target, unsigned long flags)
{
    return ::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
           ::mount(nullptr, target.c_str(), nullptr, MS_REMOUNT | MS_BIND | flags, nullptr) == 0;
}

bool mount_one(const MountStep& step)
{
    const auto options = split_options(step.options);
    if (step.type == "bind")
        return bind_to(step.source, step.inside, options.flags);
    return ::mount(step.source.c_str(), step.inside.c_str(), step.type.c_str(), options.flags, options.data.c_str()) ==
           0;
}

/// The directories are named by descriptor numbers, relative to /proc/self/fd: however many layers and whatever
/// characters are in their paths, the options stay well below the one page that mount(2) takes.
std::string mount_overlay(const OverlayStep& step)
{
    std::vector<int> opened;
    auto open_directory = [&opened](const std::string& path) {
        opened.push_back(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        return opened.back();
    };
    std::string text = "lowerdir=";
    const auto empty = step.target + "-empty";
    for (const auto& path : step.lower) {
        // A mount, because its directory is to be removed, and a removed lower directory hides the upper's files.
        if (path == empty && (!make_directories(empty, 0755) ||
                              ::mount("tmpfs", empty.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0))
            return failure("cannot make " + path);
        const int fd = open_directory(path);
        if (fd < 0)
            return failure("cannot open a layer, " + path);
        text += (text.back() == '=' ? "" : ":") + std::to_string(fd);
    }
    const int upper = open_directory(step.upper);
    const int work = open_directory(step.work);
    if (upper < 0 || work < 0)
        return failure("cannot open where changes go");
    text += ",upperdir=" + std::to_string(upper) + ",workdir=" + std::to_string(work);
    auto attempt = [&step](const std::string& options) {
        return ::mount("overlay", step.target.c_str(), "overlay", MS_NOSUID | MS_NODEV, options.c_str()) == 0;
    };
    if (::chdir("/proc/self/fd") != 0)
        return failure("cannot open /proc/self/fd");
    const bool mounted =
        attempt(text + best_options + upper_only_option) || (errno == EINVAL && attempt(text + plain_options));
    auto error = mounted ? std::string() : failure("cannot mount an overlay");
    static_cast<void>(!::chdir("/"));
    for (const int fd : opened)
        ::close(fd);
    return error;
}

/// What a program may expect in /dev, and no more.
bool make_devices()
{
    struct Device {
        const char* path;
        unsigned minor;
    };
    constexpr unsigned memory = 1;
    for (const auto& device : {Device{"/dev/null", 3}, Device{"/dev/zero", 5}, Device{"/dev/full", 7},
                               Device{"/dev/random", 8}, Device{"/dev/urandom", 9}})
        if (::mknod(device.path, S_IFCHR | 0666, ::makedev(memory, device.minor)) != 0 ||
            ::chmod(device.path, 0666) != 0)
            return false;
    constexpr unsigned terminals = 5;
    if (::mknod("/dev/tty", S_IFCHR | 0666, ::makedev(terminals, 0)) != 0 || ::chmod("/dev/tty", 0666) != 0)
        return false;
    using Link = std::pair<const char*, const char*>;
    constexpr std::array links = {Link{"/proc/self/fd", "/dev/fd"}, Link{"/proc/self/fd/0", "/dev/stdin"},
                                  Link{"/proc/self/fd/1", "/dev/stdout"}, Link{"/proc/self/fd/2", "/dev/stderr"},
                                  Link{"pts/ptmx", "/dev/ptmx"}};
    return std::all_of(links.begin(), links.end(),
                       [](const Link& link) { return ::symlink(link.first, link.second) == 0; });
}

/// Takes a mount and all on it away; its mount point stays.
void detach(const char* path)
{
    while (::umount2(path, MNT_DETACH) == 0) {
    }
}

/// Takes away what LXD mounted below the sandbox's own directory, and the mount points. Only those: a mount that stays
/// keeps its mount point busy, and nothing below it is touched.
void remove_own_directory()
{
    const std::string path = lxd_protocol::directory;
    if (DIR* directory = ::opendir(path.c_str()); directory != nullptr) {
        while (const auto* entry = ::readdir(directory)) { // NOLINT(concurrency-mt-unsafe): the only thread
            const std::string name = entry->d_name;
            if (name == "." || name == "..")
                continue;
            const auto below = std::string(path).append("/").append(name);
            detach(below.c_str());
            static_cast<void>(::rmdir(below.c_str()) != 0 && ::unlink(below.c_str()));
        }
        ::closedir(directory);
    }
    ::rmdir(path.c_str());
}

std::string mask_proc()
{
    for (const char* path : readonly_paths)
        if (!bind_to(path, path, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC) && errno != ENOENT)
            return failure(std::string("cannot protect ") + path);
    for (const char* path : masked_paths) {
        const bool hidden = is_directory(path) ? ::mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0k") == 0
                                               : ::mount("/dev/null", path, nullptr, MS_BIND, nullptr) == 0;
        if (!hidden && errno != ENOENT && errno != ENOTDIR)
            return failure(std::string("cannot hide ") + path);
    }
    return {};
}

} // namespace

std::string set_up_mounts(const Plan& plan)
{
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return failure("cannot make its mounts private");
    for (const auto& step : plan.overlays) {
        if (!make_directories(step.target, 0755))
            return failure("cannot make " + step.target);
        if (auto error = mount_overlay(step); !error.empty())
            return error;
    }
    detach("/sys");
    for (const auto& step : plan.mounts) {
        if (step.inside == "/dev" || step.inside == "/proc")
            detach(step.inside.c_str());
        if (!make_mount_point(step) || !mount_one(step))
            return failure("cannot mount " + step.inside);
        if (step.inside == "/dev" && !make_devices())
            return failure("cannot make the devices in /dev");
    }
    if (auto error = mask_proc(); !error.empty())
        return error;
    remove_own_directory();
    if (::access(lxd_protocol::directory, F_OK) == 0)
        return failure("cannot hide the sandbox's own directory");
    if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV, nullptr) != 0)
        return failure("cannot make the image read-only");
    return {};
}

} // namespace sf::sandbox::lxd_init
