// What a directory has, and where it is, without exceptions: std::filesystem::directory_iterator throws when it is
// advanced, absolute() in a working directory that was removed, temp_directory_path() when TMPDIR names none.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::util {

/// The names in a directory, sorted by bytes, without "." and ".."; none for a directory that does not exist.
[[nodiscard]] Result<std::vector<std::string>> names_in(const std::filesystem::path& directory);

/// The same, of an open directory; `name` is for messages. The descriptor stays the caller's.
[[nodiscard]] Result<std::vector<std::string>> names_in(int directory, const std::string& name);

/// directory / name for each of names_in(directory).
[[nodiscard]] Result<std::vector<std::filesystem::path>> paths_in(const std::filesystem::path& directory);

/// paths_in(directory), or none when it cannot be read: for tidying up, for suggestions and for files that need not be
/// there.
[[nodiscard]] std::vector<std::filesystem::path> readable_paths_in(const std::filesystem::path& directory);

/// The path from the root directory on; as it is when the working directory was removed, where no file can be found.
[[nodiscard]] std::filesystem::path absolute_path(const std::filesystem::path& path);

/// Where temporary files go: TMPDIR, or /tmp.
[[nodiscard]] Result<std::filesystem::path> temporary_directory();

} // namespace sf::util
