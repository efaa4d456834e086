// A build as one HTML page.
#pragma once

#include "report/timeline.hpp"

#include <string>

namespace sf::report {

/// Needs nothing else: style and drawings are in it, there are no scripts, and its policy forbids it to load anything.
/// Light and dark as the reader's system, light on paper.
[[nodiscard]] std::string html_report(const Timeline& timeline);

} // namespace sf::report
