// Build-time text that names the prefix. Private to `relocate`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sf::relocate {

/// The text of a .pc file with its prefix computed from where the file lies.
[[nodiscard]] std::string relocate_pkgconfig(std::string_view text, const std::string& prefix,
                                             const std::filesystem::path& relative);

/// The text of a CMake file with the prefix computed from where the file lies.
[[nodiscard]] std::string relocate_cmake(std::string_view text, const std::string& prefix,
                                         const std::filesystem::path& relative);

/// The interpreter that a script's first line names, or nullopt when the text is no script.
[[nodiscard]] std::optional<std::string> interpreter_of(std::string_view text);

} // namespace sf::relocate
