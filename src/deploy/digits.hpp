// Numbers in hosts' names. Private to `deploy`.
#pragma once

#include <cstddef>

namespace sf::deploy {

/// More digits would not be a number of any host, and might not fit into 64 bits.
inline constexpr std::size_t most_digits = 18;

} // namespace sf::deploy
