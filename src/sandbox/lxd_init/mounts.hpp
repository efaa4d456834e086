// What the command sees of files.
#pragma once

#include "sandbox/lxd_init/plan.hpp"

#include <string>

namespace sf::sandbox::lxd_init {

/// Does all mounts of the plan, takes away what is the tool's and LXD's, and makes the image read-only. The error, with
/// errno's text, or empty.
[[nodiscard]] std::string set_up_mounts(const Plan& plan);

} // namespace sf::sandbox::lxd_init
