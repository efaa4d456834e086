// Archives on this machine's file systems.
#pragma once

#include "util/error.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <filesystem>

namespace sf::source {

/// Copies a regular file to `to` (replacing it) and returns the hash of the bytes that were written.
/// When it fails nothing is left at `to`.
[[nodiscard]] util::Result<util::Digest> copy_hashed(const std::filesystem::path& from, const std::filesystem::path& to,
                                                     const util::StopToken& stop);

} // namespace sf::source
