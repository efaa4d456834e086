// A private copy of a file, so that nobody can change the bytes between check and use.
#pragma once

#include "util/error.hpp"
#include "util/files/mapped_file.hpp"

#include <filesystem>

namespace sf::util {

/// Copies a regular file into one without a name in $TMPDIR or /tmp, shared with the original where the file system
/// can do that, and maps it. A symbolic link is followed; a FIFO or a device is an error, and does not block. Errors:
/// no_space; failure when the file gets shorter meanwhile.
[[nodiscard]] Result<MappedFile> copy_privately(const std::filesystem::path& file);

} // namespace sf::util
