// Characters of UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace sf::util {

/// One character of a text.
struct Character {
    std::size_t bytes = 1;
    char32_t code = 0;
    bool valid = false; ///< else the first byte is no well-formed UTF-8 (RFC 3629)
};

/// The character that the text, which is not empty, begins with.
[[nodiscard]] Character first_character(std::string_view text);

/// Whether a terminal obeys it and does not show it: the controls C0 and C1, and what changes the direction of writing.
[[nodiscard]] bool is_control(char32_t code);

} // namespace sf::util
