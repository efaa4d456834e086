// Sizes as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sf::util {

/// A number of bytes: "8589934592", "8GiB", "512 MiB", "8G"; nullopt when it is none or too large.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

} // namespace sf::util
