#include "util/terminal_text.hpp"

#include "util/text.hpp"
#include "util/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::util {
namespace {

/// Calls take(character, bytes) for each.
template <typename Take> void each_character(std::string_view text, Take take)
{
    while (!text.empty()) {
        const auto character = first_character(text);
        take(character, text.substr(0, character.bytes));
        text.remove_prefix(character.bytes);
    }
}

/// Whether no character needs another look, as in nearly all texts.
bool is_plain(std::string_view text)
{
    constexpr char del = 0x7F;
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < del; });
}

std::string escaped(const Character& character)
{
    constexpr char32_t one_byte = 0x80;
    return character.code < one_byte || !character.valid
               ? fmt::format("\\x{:02x}", static_cast<unsigned>(character.code))
               : fmt::format("\\u{:04x}", static_cast<unsigned>(character.code));
}

/// With all characters escaped that are controls, or no characters, and are not in `kept`.
std::string escape_controls(std::string_view text, std::string_view kept)
{
    if (is_plain(text))
        return std::string(text);
    std::string shown;
    shown.reserve(text.size());
    each_character(text, [&](const Character& character, std::string_view bytes) {
        const bool stays =
            character.valid && (!is_control(character.code) || kept.find(bytes) != std::string_view::npos);
        shown += stays ? std::string(bytes) : escaped(character);
    });
    return shown;
}

} // namespace

std::string clock_time(double seconds)
{
    constexpr int minute = 60;
    constexpr int hour = 3600;
    const auto whole = static_cast<int>(seconds);
    return whole >= hour ? fmt::format("{}:{:02}:{:02}", whole / hour, whole % hour / minute, whole % minute)
                         : fmt::format("{}:{:02}", whole / minute, whole % minute);
}

std::string visible_word(std::string_view text)
{
    return escape_controls(text, "\t");
}

std::string visible_name(std::string_view text)
{
    return replace_all(escape_controls(text, ""), " ", "\\x20");
}

std::string visible_lines(std::string_view text, std::size_t indent)
{
    if (is_plain(text))
        return std::string(text);
    std::string shown;
    for (std::size_t place = 0; place <= text.size();) {
        const auto end = std::min(text.find('\n', place), text.size());
        const auto line = text.substr(place, end - place);
        if (place > 0 && !line.empty()) {
            const auto blanks = std::min(line.find_first_not_of(' '), line.size());
            shown.append(indent - std::min(indent, blanks), ' ');
        }
        shown += visible_word(line);
        if (end < text.size())
            shown += '\n';
        place = end + 1;
    }
    return shown;
}

std::string visible_json(std::string_view json)
{
    constexpr char32_t c0_end = 0x20; // which JSON has between its values only, and escapes in them
    std::string shown;
    shown.reserve(json.size());
    each_character(json, [&](const Character& character, std::string_view bytes) {
        const bool obeyed = character.valid && character.code >= c0_end && is_control(character.code);
        shown += obeyed ? fmt::format("\\u{:04x}", static_cast<unsigned>(character.code)) : std::string(bytes);
    });
    return shown;
}

unsigned columns_of(std::string_view line)
{
    unsigned columns = 0;
    each_character(line, [&](const Character& /*character*/, std::string_view /*bytes*/) { ++columns; });
    return columns;
}

std::string fit_columns(std::string_view line, unsigned most)
{
    std::string text;
    unsigned columns = 0;
    each_character(line, [&](const Character& character, std::string_view bytes) {
        if (++columns <= most)
            text += !character.valid || is_control(character.code) ? std::string_view(" ") : bytes;
    });
    return text;
}

} // namespace sf::util
