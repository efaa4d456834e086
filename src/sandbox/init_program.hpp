// The program that is the first process of every sandbox (init/). Private to this module.
#pragma once

#include "util/error.hpp"

namespace sf::sandbox {

/// A descriptor of it as a file in memory, for execveat(2); one for all sandboxes of this process.
[[nodiscard]] util::Result<int> init_program_file();

} // namespace sf::sandbox
