// Rectangles whose areas are in proportion to weights.
#pragma once

#include <vector>

namespace sf::report {

struct Rectangle {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
};

/// Divides `area` among the weights, as near to squares as it goes: Bruls, Huizing, van Wijk, "Squarified Treemaps"
/// (2000), https://vanwijk.win.tue.nl/stm.pdf. The weights are positive and sorted, the largest first; the rectangles
/// are in their order.
[[nodiscard]] std::vector<Rectangle> squarify(const std::vector<double>& weights, Rectangle area);

} // namespace sf::report
