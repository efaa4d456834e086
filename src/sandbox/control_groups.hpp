// Which limits this machine can set for jobs.
#pragma once

#include <set>
#include <string>

namespace sf::sandbox {

struct ControlGroups {
    std::set<int> versions;         ///< of the hierarchies that are mounted: 1, 2, or both
    std::set<std::string> limiting; ///< those of memory, cpu and pids that this process can limit
};

/// Looks at the mounted hierarchies, and makes the group in each that the groups of jobs would be in.
[[nodiscard]] ControlGroups look_at_control_groups();

} // namespace sf::sandbox
