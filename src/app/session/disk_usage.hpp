// What lies in a site's directories. Private to `app`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace sf::app {

/// How pins are named among what store::Database keeps.
inline constexpr std::string_view pin_prefix = "pin:";

/// Seconds since 1970.
[[nodiscard]] std::int64_t now();
/// The last change of the file, likewise; 0 when there is none.
[[nodiscard]] std::int64_t modified(const std::filesystem::path& path);
/// Bytes of the file, or of all regular files below the directory.
[[nodiscard]] std::uint64_t tree_bytes(const std::filesystem::path& path);

} // namespace sf::app
