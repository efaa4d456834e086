// What a process does before it becomes a job's command: the init's child, and that of the init in LXD's containers,
// which links nothing else of this module. Private to this module. Async-signal-safe but for pointers_to(): glibc's own
// functions would tell threads that a copy of a process with threads does not have.
#pragma once

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace sf::sandbox {

/// As execve(2) takes them: to non-const for historical reasons, and it does not write through them.
inline std::vector<char*> pointers_to(const std::vector<std::string>& words)
{
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (const auto& word : words)
        pointers.push_back(const_cast<char*>(word.c_str())); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    pointers.push_back(nullptr);
    return pointers;
}

/// Courtesy to the other processes of the machine. Where it is refused, the job runs all the same.
inline void give_way(int nice, bool idle_io)
{
    constexpr int this_process = 1; // IOPRIO_WHO_PROCESS, with 0 (ioprio_set(2))
    constexpr int idle_class = 3 << 13;
    if (nice != 0)
        static_cast<void>(::setpriority(PRIO_PROCESS, 0, nice));
    if (idle_io)
        static_cast<void>(::syscall(SYS_ioprio_set, this_process, 0, idle_class));
}

/// Becomes the user and group, unless they are the caller's own and no other exists, and keeps no capability, not even
/// one to be gained. False: errno says why not.
inline bool drop_rights(unsigned user, bool other_user)
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

} // namespace sf::sandbox
