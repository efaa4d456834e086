#include "report/markup.hpp"

#include "util/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sf::report {
namespace {

constexpr const char* replacement = "\xef\xbf\xbd";

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
    default:
        return {c};
    }
}

} // namespace

std::string escape(std::string_view text)
{
    std::string escaped;
    escaped.reserve(text.size());
    while (!text.empty()) {
        const auto character = util::first_character(text);
        const bool is_break = character.code == '\n' || character.code == '\t';
        if (!character.valid || (util::is_control(character.code) && !is_break))
            escaped += replacement;
        else if (character.bytes == 1)
            escaped += escape_byte(text.front());
        else
            escaped += text.substr(0, character.bytes);
        text.remove_prefix(character.bytes);
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
