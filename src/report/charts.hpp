// The drawings of the HTML report, as inline SVG (https://www.w3.org/TR/SVG11/). Private to `report`.
#pragma once

#include "report/timeline.hpp"

#include <string>

namespace sf::report {

/// What was done when: transfers, then packages with their phases, over one axis of time, with the jobs in use below.
[[nodiscard]] std::string timeline_chart(const Timeline& timeline);

/// The unpacked size by package.
[[nodiscard]] std::string size_chart(const Timeline& timeline);

} // namespace sf::report
