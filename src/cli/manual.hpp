// Man pages of the commands.
#pragma once

#include "cli/surface.hpp"

#include <string>

namespace sf::cli {

/// The page of the program, or of one of its commands with those below it, with the macros of man(7).
[[nodiscard]] std::string manual_page(const CommandSurface& program, const CommandSurface& command);

/// "slurm-factory-cache"
[[nodiscard]] std::string manual_name(const CommandSurface& command);

} // namespace sf::cli
