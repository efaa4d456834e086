// Numbers in hosts' names. Private to `deploy`.
#pragma once

#include <cstddef>

namespace sf::deploy {

/// More digits would not be a number of any host, and might not fit into 64 bits.
inline constexpr std::size_t most_digits = 18;

[[nodiscard]] constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

} // namespace sf::deploy
