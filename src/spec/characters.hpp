// Character classes of specs, independent of the locale. Private to this module.
#pragma once

#include "util/text.hpp"

namespace sf::spec {

constexpr bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

constexpr bool is_name_start(char c)
{
    return is_letter(c) || util::is_digit(c) || c == '_';
}

constexpr bool is_name_character(char c)
{
    return is_name_start(c) || c == '-';
}

constexpr bool is_value_character(char c)
{
    return is_name_character(c) || c == '.' || c == ',' || c == '/' || c == ':';
}

constexpr bool is_version_separator(char c)
{
    return c == '.' || c == '-' || c == '_' || c == '+';
}

} // namespace sf::spec
