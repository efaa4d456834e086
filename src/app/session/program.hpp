// The program itself: its version, and the data that belongs to it.
#pragma once

#include "util/error.hpp"

#include <filesystem>

namespace sf::app {

/// Version of the tool, as `--version` prints it.
[[nodiscard]] const char* tool_version();

/// Where the built-in recipes/ and images/ are: $SLURM_FACTORY_DATA, else ../share/slurm-factory beside the program's
/// directory, else the source tree it was built from.
[[nodiscard]] util::Result<std::filesystem::path> data_directory();

} // namespace sf::app
