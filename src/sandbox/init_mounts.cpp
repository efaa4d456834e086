// As in init_child.cpp: no allocation, no locks.
#include "sandbox/init_mounts.hpp"

#include "sandbox/overlay_options.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

namespace sf::sandbox {
namespace {

// With it redirect_dir and metacopy are off, and may not be named.
constexpr const char* best_user_options = ",userxattr,index=off,xino=off";
constexpr const char* plain_user_options = ",userxattr,index=off";

/// Appends to a buffer that was made large enough.
class Text {
public:
    explicit Text(char* at) : at_(at) {}
    void add(const char* text)
    {
        for (; *text != '\0'; ++text)
            *at_++ = *text;
        *at_ = '\0';
    }
    void add(int number)
    {
        char reversed[digits_of_int] = {}; // NOLINT(modernize-avoid-c-arrays)
        int count = 0;
        do {
            reversed[count++] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number > 0);
        while (count > 0)
            *at_++ = reversed[--count];
        *at_ = '\0';
    }

private:
    char* at_;
};

} // namespace

void make_private_mounts(const InitPlan& plan, int channel)
{
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        report(channel, {InitStep::private_mounts, errno});
    if (!plan.host_name.empty() && ::sethostname(plan.host_name.data(), plan.host_name.size()) != 0)
        report(channel, {InitStep::host_name, errno});
    if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0 && plan.needs_own_proc)
        report(channel, {InitStep::proc, errno});
    int index = 0;
    for (const auto& path : plan.hide) {
        // What a user namespace came with cannot be taken away in it, but covered.
        if (::umount2(path.c_str(), MNT_DETACH) != 0 &&
            ::mount("none", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
            report(channel, {InitStep::hide, errno, index});
        ++index;
    }
}

/// The directories are named by descriptor numbers, relative to /proc/self/fd: however many layers and whatever
/// characters are in their paths, the options stay well below the one page that mount(2) takes.
void mount_overlay(PreparedInit& init, int index, int channel)
{
    const auto& overlay = init.plan->overlays[static_cast<std::size_t>(index)];
    Text text(init.options.data());
    std::size_t used = 0;
    auto open_directory = [&init, &used](const std::string& path) {
        const int fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            init.spare[used++] = fd;
        return fd;
    };
    const char* separator = "lowerdir=";
    int layer = 0;
    for (const auto& path : overlay.lower) {
        const int fd = open_directory(path);
        if (fd < 0)
            report(channel, {InitStep::open_lower, errno, index, layer});
        text.add(separator);
        text.add(fd);
        separator = ":";
        ++layer;
    }
    if (!overlay.upper.empty()) {
        const int upper = open_directory(overlay.upper);
        const int work = upper < 0 ? -1 : open_directory(overlay.work);
        if (work < 0)
            report(channel, {InitStep::open_upper, errno, index});
        text.add(",upperdir=");
        text.add(upper);
        text.add(",workdir=");
        text.add(work);
    }
    const bool user = init.plan->user_namespace;
    Text tail = text;
    tail.add(user ? best_user_options : best_options);
    if (!overlay.upper.empty())
        tail.add(upper_only_option);
    auto attempt = [&init, &overlay] {
        return ::mount("overlay", overlay.target.c_str(), "overlay", MS_NOSUID | MS_NODEV, init.options.data()) == 0;
    };
    bool mounted = ::chdir("/proc/self/fd") == 0 && attempt();
    if (!mounted && errno == EINVAL) {
        text.add(user ? plain_user_options : plain_options);
        mounted = attempt();
    }
    if (!mounted)
        report(channel, {InitStep::mount_overlay, errno, index});
    for (std::size_t i = 0; i < used; ++i)
        ::close(init.spare[i]);
}

} // namespace sf::sandbox
