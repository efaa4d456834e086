// Texts with gaps, such as the files beside the code that are part of the program (cmake/embed.cmake).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sf::util {

/// `text` with each gap, `@name@`, replaced by the value of that name; an @ that begins no such gap stays. A gap that
/// has a line to itself, behind a # or not, stands for lines: its value ends with a line break, or is empty and the
/// line goes. Values may hold anything: no gaps are looked for in them.
[[nodiscard]] std::string fill_in(std::string_view text,
                                  const std::map<std::string_view, std::string_view, std::less<>>& values);

} // namespace sf::util
