// Courtesy to the other processes of the machine. Private to this module; async-signal-safe.
#pragma once

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sf::sandbox {

/// Of the calling process and what it starts. Where it is refused, the job runs all the same.
inline void give_way(int nice, bool idle_io)
{
    constexpr int this_process = 1; // IOPRIO_WHO_PROCESS, with 0 (ioprio_set(2))
    constexpr int idle_class = 3 << 13;
    if (nice != 0)
        static_cast<void>(::setpriority(PRIO_PROCESS, 0, nice));
    if (idle_io)
        static_cast<void>(::syscall(SYS_ioprio_set, this_process, 0, idle_class));
}

} // namespace sf::sandbox
