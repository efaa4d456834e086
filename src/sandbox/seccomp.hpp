// The system calls that commands may not make: what a compiler never needs and an attacker does. It is no sandbox by
// itself: commands have no capabilities either. Private to this module.
#pragma once

#include "util/error.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sf::sandbox {

/// Calls that fail with one error.
struct RefusedCalls {
    std::vector<std::string> names;
    int error = 0;
    std::uint64_t flag = 0; ///< only where the first argument has it; 0: always
};

[[nodiscard]] const std::vector<RefusedCalls>& refused_calls();

/// The list as a filter program for seccomp(2), for an init that has no runtime to make it.
[[nodiscard]] util::Result<std::string> seccomp_program();

} // namespace sf::sandbox
