// BLAKE2b-512, what b2sum(1) prints: half the work of SHA-256 on most processors. Private to `deploy`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sf::deploy {

/// Of the pieces as one text, in 128 hexadecimal digits.
[[nodiscard]] std::string blake2b(const std::vector<std::string_view>& pieces);

} // namespace sf::deploy
