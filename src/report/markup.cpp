#include "report/markup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace sf::report {
namespace {

constexpr const char* replacement = "\xef\xbf\xbd";

/// Bytes of the character that starts here; 0: it is no well-formed UTF-8 (RFC 3629).
std::size_t character_length(std::string_view text)
{
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U; };
    const auto lead = byte(0);
    if (lead < 0x80)
        return 1;
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : 4;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0U) != 0x80)
            return 0;
    const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
    const bool outside = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
    return overlong || outside ? 0 : length;
}

std::string escape_byte(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
    case '\t':
        return {c};
    default:
        return static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? std::string(replacement) : std::string{c};
    }
}

} // namespace

std::string escape(std::string_view text)
{
    std::string escaped;
    escaped.reserve(text.size());
    while (!text.empty()) {
        const auto length = character_length(text);
        if (length == 0)
            escaped += replacement;
        else if (length == 1)
            escaped += escape_byte(text.front());
        else
            escaped += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return escaped;
}

std::string human_seconds(double seconds)
{
    constexpr double tenths_below = 9.95;
    constexpr long minute = 60;
    constexpr long hour = 3600;
    if (seconds < tenths_below)
        return fmt::format("{:.1f} s", std::max(0.0, seconds));
    const auto whole = std::lround(seconds);
    if (whole < 2 * minute)
        return fmt::format("{} s", whole);
    if (whole < hour)
        return fmt::format("{} min {:02} s", whole / minute, whole % minute);
    return fmt::format("{} h {:02} min", whole / hour, whole % hour / minute);
}

} // namespace sf::report
