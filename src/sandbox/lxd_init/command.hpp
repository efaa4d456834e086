// The command: a process without rights.
#pragma once

#include "sandbox/lxd_init/plan.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace sf::sandbox::lxd_init {

struct Started {
    pid_t pid = -1;
    bool no_program = false; ///< the command itself could not be run
    std::string error;       ///< empty: it runs
    int error_number = 0;
};

/// Starts it. `descriptors` are the log and what becomes 3, 4, ...; no other is open in it.
[[nodiscard]] Started start_command(const Plan& plan, const std::vector<int>& descriptors);

} // namespace sf::sandbox::lxd_init
