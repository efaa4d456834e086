// The program that is the first process of every sandbox (init/). Private to this module.
#pragma once

#include "util/error.hpp"

#include <string_view>

namespace sf::sandbox {

/// The whole executable file, static, for x86-64.
[[nodiscard]] std::string_view init_program();

/// A descriptor of it as a file in memory, for execveat(2); one for all sandboxes of this process.
[[nodiscard]] util::Result<int> init_program_file();

} // namespace sf::sandbox
