// Text for lines of a terminal.
#pragma once

#include <string>
#include <string_view>

namespace sf::util {

/// "1:02:03", or "2:03" below an hour; fractions are left out.
[[nodiscard]] std::string clock_time(double seconds);

/// Columns that a line of UTF-8 takes, where each character takes one.
[[nodiscard]] unsigned columns_of(std::string_view line);

/// At most so many columns of the line, no character cut in two; what would move the cursor becomes a blank.
[[nodiscard]] std::string fit_columns(std::string_view line, unsigned most);

} // namespace sf::util
