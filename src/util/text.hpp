// Small text helpers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::util {

/// Whatever the locale.
[[nodiscard]] constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
/// One digit or more, and nothing else.
[[nodiscard]] constexpr bool is_number(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
[[nodiscard]] std::string_view trim(std::string_view text);
/// `text` with every `from` replaced by `to`.
[[nodiscard]] std::string replace_all(std::string text, std::string_view from, std::string_view to);
/// The text as one word of a POSIX shell.
[[nodiscard]] std::string shell_quote(std::string_view text);
/// Shell-style match over a whole path: `*` and `?` stay within a component, `**` crosses `/`.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view path);
/// The candidate nearest in edit distance, when near enough to be a slip of the finger.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
/// The last `count` lines.
[[nodiscard]] std::string last_lines(std::string_view text, std::size_t count);
/// "1.5 MiB".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

} // namespace sf::util
