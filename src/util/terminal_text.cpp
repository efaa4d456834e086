#include "util/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::util {
namespace {

/// Of the bytes that a character in UTF-8 is made of.
bool starts_character(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

bool is_control(char byte)
{
    constexpr char del = 0x7F;
    return static_cast<unsigned char>(byte) < ' ' || byte == del;
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

unsigned columns_of(std::string_view line)
{
    return static_cast<unsigned>(std::count_if(line.begin(), line.end(), starts_character));
}

std::string fit_columns(std::string_view line, unsigned most)
{
    std::string text;
    unsigned columns = 0;
    for (const char c : line) {
        if (starts_character(c) && ++columns > most)
            break;
        text += is_control(c) ? ' ' : c;
    }
    return text;
}

} // namespace sf::util
