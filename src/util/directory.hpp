// What a directory has, without exceptions: std::filesystem::directory_iterator throws when it is advanced.
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

} // namespace sf::util
