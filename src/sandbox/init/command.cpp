#include "sandbox/init/command.hpp"

#include "sandbox/init/process.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sf::sandbox::init {
namespace {

constexpr int first_inherited = 3;

/// As execve(2) takes them: to non-const for historical reasons, and it does not write through them.
std::vector<char*> pointers_to(const std::vector<std::string>& words)
{
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (const auto& word : words)
        pointers.push_back(const_cast<char*>(word.c_str())); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    pointers.push_back(nullptr);
    return pointers;
}

/// Puts null, the log and the inherited descriptors at 0, 1, 2, 3, ... Sources are first moved above all targets, so
/// that none is overwritten before it is used. Returns the channel's new number, or -1.
int arrange_descriptors(const Received& received, int channel)
{
    const int above = first_inherited + static_cast<int>(received.inherited.size());
    std::vector<int> lifted = {::open("/dev/null", O_RDWR | O_CLOEXEC), received.log, channel};
    lifted.insert(lifted.end(), received.inherited.begin(), received.inherited.end());
    for (auto& fd : lifted)
        if ((fd = ::fcntl(fd, F_DUPFD_CLOEXEC, above)) < 0)
            return -1;
    if (::dup2(lifted[0], STDIN_FILENO) < 0 || ::dup2(lifted[1], STDOUT_FILENO) < 0 ||
        ::dup2(lifted[1], STDERR_FILENO) < 0)
        return -1;
    for (std::size_t i = 0; i < received.inherited.size(); ++i)
        if (::dup2(lifted[first_inherited + i], first_inherited + static_cast<int>(i)) < 0)
            return -1;
    // All of this process's own are closed by execve(2) anyway; LXD may have left others.
    close_from(above, true);
    return lifted[2];
}

/// Becomes the user and group, unless they are the init's own and no other exists, and keeps no capability, not even
/// one to be gained. False: errno says why not.
bool drop_rights(unsigned user, bool other_user)
{
    constexpr int most_capabilities = 64;
    for (int capability = 0; capability < most_capabilities; ++capability)
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL)
            return false;
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (other_user && (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setresgid, user, user, user) != 0 ||
                       ::syscall(SYS_setresuid, user, user, user) != 0))
        return false;
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> none = {};
    return ::syscall(SYS_capset, &header, none.data()) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/// Installs the filter for this process and all after it.
bool refuse_calls(const std::string& bytes)
{
    if (bytes.empty())
        return true;
    std::vector<sock_filter> program(bytes.size() / sizeof(sock_filter));
    std::memcpy(program.data(), bytes.data(), program.size() * sizeof(sock_filter));
    const sock_fprog all = {static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0;
}

/// As execvp(3) with the command's own PATH, but a script needs its first line "#!".
void execute(const CommandStart& command)
{
    auto argv = pointers_to(command.argv);
    auto environment = pointers_to(command.environment);
    const auto& program = command.argv.front();
    if (program.find('/') != std::string::npos) {
        ::execve(program.c_str(), argv.data(), environment.data());
        return;
    }
    std::string path = "/usr/local/bin:/usr/bin:/bin";
    for (const auto& variable : command.environment)
        if (variable.compare(0, 5, "PATH=") == 0)
            path = variable.substr(5);
    int error = ENOENT;
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find(':', at), path.size());
        ::execve((path.substr(at, end - at) + "/" + program).c_str(), argv.data(), environment.data());
        if (errno != ENOENT && errno != ENOTDIR)
            error = errno;
        at = end + 1;
    }
    errno = error;
}

[[noreturn]] void become_runtime(const std::vector<std::string>& words, const Channel& channel)
{
    const auto argv = pointers_to(words);
    const auto environment = pointers_to({"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"});
    ::execve(argv[0], argv.data(), environment.data());
    channel.fail("cannot run " + words.front());
}

[[noreturn]] void become_command(const CommandStart& command, const Channel& channel)
{
    ::setsid();
    if (!command.root.empty() && ::chroot(command.root.c_str()) != 0)
        channel.fail("cannot enter " + command.root);
    if (!drop_rights(command.user, command.other_user))
        channel.fail("cannot give up its rights");
    if (::chdir(command.directory.c_str()) != 0)
        channel.fail("cannot change to its directory");
    if (!refuse_calls(command.seccomp))
        channel.fail("cannot install its seccomp filter");
    execute(command);
    channel.fail("", Said::no_program);
}

} // namespace

pid_t start(const Received& received, const Channel& channel)
{
    const auto pid = ::fork();
    if (pid < 0)
        channel.fail("cannot start a process");
    if (pid > 0)
        return pid;
    adjust_memory_score("0"); // crun, asked for 0 in its configuration, leaves what it finds
    for (const int fd : received.groups)
        if (::write(fd, "0", 1) != 1)
            channel.fail("cannot join its control group");
    const Channel above(arrange_descriptors(received, channel.fd()));
    if (above.fd() < 0)
        channel.fail("cannot hand in descriptors");
    reset_signals();
    if (!received.plan.runtime.empty())
        become_runtime(received.plan.runtime, above);
    become_command(received.plan.command, above);
}

} // namespace sf::sandbox::init
