// Text of the HTML report. Private to `report`.
#pragma once

#include <string>
#include <string_view>

namespace sf::report {

/// For element content and quoted attributes of HTML. Control characters and bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string escape(std::string_view text);

/// "0.4 s", "45 s", "12 min 30 s", "2 h 05 min".
[[nodiscard]] std::string human_seconds(double seconds);

} // namespace sf::report
