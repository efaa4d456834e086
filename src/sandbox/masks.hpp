// What of /proc and /sys a command does not see, or only reads, whatever starts it. Private to this module.
#pragma once

#include <array>

namespace sf::sandbox {

inline constexpr std::array masked_paths = {
    "/proc/acpi",       "/proc/asound",      "/proc/kcore",       "/proc/keys", "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
};
inline constexpr std::array readonly_paths = {
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

} // namespace sf::sandbox
