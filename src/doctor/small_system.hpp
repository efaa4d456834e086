// The least of a system that a sandbox can run something in. Private to `doctor`.
#pragma once

#include "util/error.hpp"

#include <filesystem>

namespace sf::doctor {

/// Puts this host's /bin/sh with the libraries it is linked with into an empty directory, and mount points for a
/// sandbox. Error failure: they cannot be found or copied.
[[nodiscard]] util::Status make_small_system(const std::filesystem::path& directory);

} // namespace sf::doctor
