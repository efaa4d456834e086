// The one way in which text leaves for standard output and standard error (progress apart, which is report's). What
// others wrote cannot be obeyed by a terminal there, nor pass for a line of the tool: util/terminal_text.hpp.
#pragma once

#include "util/error.hpp"
#include "util/terminal_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sf::cli {

/// An argument of print() that may have several lines, such as a reason with details: those after the first are
/// indented.
struct Lines {
    std::string_view text;
};

namespace detail {

/// More than "  while" of an error has.
inline constexpr std::size_t indent = 4;

/// A text as one visible line, Lines as indented ones, anything else as it is.
template <typename T> [[nodiscard]] auto shown(const T& value)
{
    if constexpr (std::is_same_v<T, Lines>)
        return util::visible_lines(value.text, indent);
    else if constexpr (std::is_convertible_v<const T&, std::string_view>)
        return util::visible_word(value);
    else
        return value;
}

template <typename T> using Shown = decltype(shown(std::declval<const T&>()));

} // namespace detail

/// fmt::format() in which each text among the arguments stays in its line; only the format has line breaks and colours.
template <typename... Args>
[[nodiscard]] std::string text(fmt::format_string<detail::Shown<Args>...> format, const Args&... args)
{
    return fmt::format(fmt::runtime(fmt::string_view(format)), detail::shown(args)...);
}

/// On standard output as it is: for what text() and error_text() made.
void write(const std::string& ready);

/// text() on standard output.
template <typename... Args> void print(fmt::format_string<detail::Shown<Args>...> format, const Args&... args)
{
    write(text<Args...>(format, args...));
}

/// A document that is meant for files and other programs, like a script: as it is, unless a terminal shows it.
void print_document(const std::string& document);

/// With its line break; bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& json);
/// json_text() on standard output.
void print_json(const nlohmann::ordered_json& json);

/// "message\n  while ...\nhint: ...": util::to_string(), in which no name can pass for a line of another kind.
[[nodiscard]] std::string error_text(const util::Error& error);
/// "error: ..." on standard error.
void print_error(const util::Error& error);

} // namespace sf::cli
