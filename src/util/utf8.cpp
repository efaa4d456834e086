#include "util/utf8.hpp"

#include <cstdint>

namespace sf::util {

Character first_character(std::string_view text)
{
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U; };
    const char32_t lead = byte(0);
    if (lead < 0x80)
        return {1, lead, true};
    const Character invalid{1, lead, false};
    if (lead < 0xC2 || lead > 0xF4)
        return invalid;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    auto code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80)
            return invalid;
        code = code << 6U | (byte(i) & 0x3FU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool outside = (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF;
    return overlong || outside ? invalid : Character{length, code, true};
}

bool is_control(char32_t code)
{
    const bool bidirectional = code == 0x061C || code == 0x200E || code == 0x200F ||
                               (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    const bool separator = code == 0x2028 || code == 0x2029;
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || bidirectional || separator;
}

} // namespace sf::util
