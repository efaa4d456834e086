#include "report/treemap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace {

using sf::report::Rectangle;
using sf::report::squarify;

constexpr double near = 1e-6;

void expect_division(const std::vector<double>& weights, const Rectangle& area)
{
    const auto places = squarify(weights, area);
    ASSERT_EQ(places.size(), weights.size());
    const auto sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    double covered = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto& one = places[i];
        EXPECT_NEAR(one.width * one.height, weights[i] / sum * area.width * area.height, near);
        EXPECT_GE(one.x, area.x - near);
        EXPECT_GE(one.y, area.y - near);
        EXPECT_LE(one.x + one.width, area.x + area.width + near);
        EXPECT_LE(one.y + one.height, area.y + area.height + near);
        covered += one.width * one.height;
        for (std::size_t j = 0; j < i; ++j) {
            const auto& other = places[j];
            const auto across = std::min(one.x + one.width, other.x + other.width) - std::max(one.x, other.x);
            const auto down = std::min(one.y + one.height, other.y + other.height) - std::max(one.y, other.y);
            EXPECT_TRUE(across < near || down < near) << i << " and " << j << " overlap";
        }
    }
    EXPECT_NEAR(covered, area.width * area.height, near);
}

TEST(Treemap, DividesTheAreaInProportion)
{
    expect_division({6, 6, 4, 3, 2, 2, 1}, {0, 0, 6, 4}); // the example of the paper
    expect_division({100, 1, 1, 1, 1, 1}, {10, 20, 300, 100});
    expect_division({5}, {0, 0, 10, 10});
    expect_division({1e9, 1}, {0, 0, 1000, 300});
    EXPECT_TRUE(squarify({}, {0, 0, 10, 10}).empty());
}

TEST(Treemap, IsTheOneOfThePaper)
{
    const auto places = squarify({6, 6, 4, 3, 2, 2, 1}, {0, 0, 6, 4});
    EXPECT_NEAR(places[0].width, 3, near); // the first two one above the other, on the left
    EXPECT_NEAR(places[1].y, 2, near);
    EXPECT_NEAR(places[2].x, 3, near); // then 4 and 3 side by side
    EXPECT_NEAR(places[2].height, 7.0 / 3, near);
    EXPECT_NEAR(places[3].x, 3 + 12.0 / 7, near);
}

} // namespace
