#include "sandbox/init/mounts.hpp"

#include "sandbox/init/overlay.hpp"
#include "sandbox/masks.hpp"

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
#include <string_view>
#include <utility>

namespace sf::sandbox::init {
namespace {

bool is_directory(const std::string& path)
{
    struct stat st = {};
    return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

bool make_mount_point(const MountStep& step)
{
    if (!step.is_file)
        return make_directories(step.target, step.mode);
    struct stat st = {};
    if (::stat(step.target.c_str(), &st) == 0) {
        errno = EISDIR;
        return !S_ISDIR(st.st_mode);
    }
    constexpr unsigned usual = 0755;
    const auto slash = step.target.rfind('/');
    if (slash > 0 && !make_directories(step.target.substr(0, slash), usual))
        return false;
    const int fd = ::open(step.target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
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

bool change_flags(const std::string& target, unsigned long flags)
{
    auto attempt = [&target](unsigned long all) {
        return ::mount(nullptr, target.c_str(), nullptr, MS_REMOUNT | MS_BIND | all, nullptr) == 0;
    };
    if (attempt(flags))
        return true;
    if (errno != EPERM)
        return false;
    // In a user namespace a mount of the host's keeps what the host forbids on it.
    struct statvfs st = {};
    return ::statvfs(target.c_str(), &st) == 0 &&
           attempt(flags | (st.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC)));
}

bool bind_to(const std::string& source, const std::string& target, unsigned long flags)
{
    return ::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) == 0 && change_flags(target, flags);
}

/// A tmpfs with what a program may expect in /dev, and no more.
bool make_devices(const std::string& target)
{
    struct Device {
        const char* name;
        unsigned major;
        unsigned minor;
    };
    constexpr unsigned memory = 1;
    constexpr unsigned terminals = 5;
    constexpr mode_t everybody = 0666;
    for (const auto& device :
         {Device{"/null", memory, 3}, Device{"/zero", memory, 5}, Device{"/full", memory, 7},
          Device{"/random", memory, 8}, Device{"/urandom", memory, 9}, Device{"/tty", terminals, 0}}) {
        const auto path = target + device.name;
        if (::mknod(path.c_str(), S_IFCHR | everybody, ::makedev(device.major, device.minor)) != 0 ||
            ::chmod(path.c_str(), everybody) != 0)
            return false;
    }
    using Link = std::pair<const char*, const char*>;
    constexpr std::array links = {Link{"/proc/self/fd", "/fd"}, Link{"/proc/self/fd/0", "/stdin"},
                                  Link{"/proc/self/fd/1", "/stdout"}, Link{"/proc/self/fd/2", "/stderr"},
                                  Link{"pts/ptmx", "/ptmx"}};
    return std::all_of(links.begin(), links.end(), [&target](const Link& link) {
        return ::symlink(link.first, (target + link.second).c_str()) == 0;
    });
}

bool mount_one(const MountStep& step)
{
    const auto options = split_options(step.options);
    if (step.type == "bind")
        return bind_to(step.source, step.target, options.flags);
    if (step.type == "rbind")
        return ::mount(step.source.c_str(), step.target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0;
    const bool devices = step.type == "devices";
    return ::mount(step.source.c_str(), step.target.c_str(), devices ? "tmpfs" : step.type.c_str(), options.flags,
                   options.data.c_str()) == 0 &&
           (!devices || make_devices(step.target));
}

/// Takes a mount and all on it away; its mount point stays. False: there was none that could be taken away.
bool detach(const std::string& path)
{
    bool any = false;
    while (::umount2(path.c_str(), MNT_DETACH) == 0)
        any = true;
    return any;
}

/// What a user namespace came with cannot be taken away in it, but covered.
bool hide(const std::string& path)
{
    return detach(path) || ::mount("none", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
}

/// Takes away what is mounted below the tool's own directory, and the mount points. Only those: a mount that stays
/// keeps its mount point busy, and nothing below it is touched.
bool remove_own_directory(const std::string& path)
{
    if (DIR* directory = ::opendir(path.c_str()); directory != nullptr) {
        while (const auto* entry = ::readdir(directory)) { // NOLINT(concurrency-mt-unsafe): the only thread
            const std::string name = entry->d_name;
            if (name == "." || name == "..")
                continue;
            const auto below = std::string(path).append("/").append(name);
            detach(below);
            static_cast<void>(::rmdir(below.c_str()) != 0 && ::unlink(below.c_str()));
        }
        ::closedir(directory);
    }
    ::rmdir(path.c_str());
    errno = EBUSY;
    return ::access(path.c_str(), F_OK) != 0;
}

void mask_proc(const Channel& channel)
{
    for (const char* path : readonly_paths)
        if (!bind_to(path, path, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC) && errno != ENOENT)
            channel.fail(std::string("cannot protect ") + path);
    for (const char* path : masked_paths) {
        const bool hidden = is_directory(path) ? ::mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0k") == 0
                                               : ::mount("/dev/null", path, nullptr, MS_BIND, nullptr) == 0;
        if (!hidden && errno != ENOENT && errno != ENOTDIR)
            channel.fail(std::string("cannot hide ") + path);
    }
}

} // namespace

void set_up_mounts(const InitPlan& plan, const Channel& channel)
{
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        channel.fail("cannot make its mounts private");
    if (plan.own_proc != OwnProc::no &&
        ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0 &&
        plan.own_proc == OwnProc::required)
        channel.fail("cannot mount /proc");
    constexpr unsigned usual = 0755;
    for (const auto& overlay : plan.overlays) {
        if (!make_directories(overlay.target, usual))
            channel.fail("cannot make " + overlay.target);
        mount_overlay(overlay, plan.user_namespace, channel);
    }
    if (::chdir("/") != 0)
        channel.fail("cannot change to /");
    for (const auto& path : plan.hide)
        if (!hide(path))
            channel.fail("cannot hide " + path);
    for (const auto& step : plan.mounts)
        if (!make_mount_point(step) || !mount_one(step))
            channel.fail("cannot mount " + step.target);
    if (plan.mask_proc)
        mask_proc(channel);
    if (!plan.own_directory.empty() && !remove_own_directory(plan.own_directory))
        channel.fail("cannot hide the sandbox's own directory");
    if (!plan.read_only.empty() && !change_flags(plan.read_only, MS_RDONLY | MS_NOSUID | MS_NODEV))
        channel.fail("cannot make the image read-only");
}

} // namespace sf::sandbox::init
