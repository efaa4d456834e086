#include "report/treemap.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace sf::report {
namespace {

/// The worst ratio of sides in a row of areas from `largest` to `smallest`, `total` together, along a side.
double worst_ratio(double largest, double smallest, double total, double side)
{
    const auto square = side * side;
    return std::max(square * largest / (total * total), total * total / (square * smallest));
}

/// Takes a row off the free space, along its shorter side.
void place_row(const std::vector<double>& areas, std::size_t first, std::size_t last, double total, Rectangle& free,
               std::vector<Rectangle>& placed)
{
    const bool column = free.width >= free.height;
    const auto side = column ? free.height : free.width;
    const auto thickness = total / side;
    auto at = column ? free.y : free.x;
    for (auto place = first; place < last; ++place) {
        const auto length = areas[place] / thickness;
        placed.push_back(column ? Rectangle{free.x, at, thickness, length} : Rectangle{at, free.y, length, thickness});
        at += length;
    }
    (column ? free.x : free.y) += thickness;
    auto& left = column ? free.width : free.height;
    left = std::max(0.0, left - thickness);
}

} // namespace

std::vector<Rectangle> squarify(const std::vector<double>& weights, Rectangle area)
{
    const auto sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<double> areas;
    areas.reserve(weights.size());
    for (const auto weight : weights)
        areas.push_back(weight / sum * area.width * area.height);

    std::vector<Rectangle> placed;
    for (std::size_t first = 0; first < areas.size();) {
        const auto side = std::min(area.width, area.height);
        auto last = first + 1;
        auto total = areas[first];
        while (last < areas.size() && worst_ratio(areas[first], areas[last], total + areas[last], side) <=
                                          worst_ratio(areas[first], areas[last - 1], total, side))
            total += areas[last++];
        place_row(areas, first, last, total, area, placed);
        first = last;
    }
    return placed;
}

} // namespace sf::report
