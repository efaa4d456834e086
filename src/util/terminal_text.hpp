// Text for lines of a terminal. What others wrote (names of files and packages, logs, what hosts say) must neither be
// obeyed by the terminal nor pass for lines of the tool: only cli and report print, and they print it as this shows it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sf::util {

/// "1:02:03", or "2:03" below an hour; fractions are left out.
[[nodiscard]] std::string clock_time(double seconds);

/// The text in one line: what a terminal would obey, line breaks and bytes that are no UTF-8 are written as \x1b or
/// \u202e. Tabs stay.
[[nodiscard]] std::string visible_word(std::string_view text);

/// visible_word() without blanks, which in a table would pass for the next column.
[[nodiscard]] std::string visible_name(std::string_view text);

/// Likewise with its line breaks; each line but the first begins with at least `indent` blanks, so that none passes for
/// a line of another kind.
[[nodiscard]] std::string visible_lines(std::string_view text, std::size_t indent);

/// JSON that says the same, with what a terminal would obey written as \u009b.
[[nodiscard]] std::string visible_json(std::string_view json);

/// Columns that a line of UTF-8 takes, where each character takes one.
[[nodiscard]] unsigned columns_of(std::string_view line);

/// At most so many columns of the line, no character cut in two; what would move the cursor becomes a blank.
[[nodiscard]] std::string fit_columns(std::string_view line, unsigned most);

} // namespace sf::util
