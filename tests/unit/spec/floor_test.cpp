#include "spec/floor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using sf::spec::Floor;
using ::testing::HasSubstr;

TEST(Floor, ReadsWhatItWrites)
{
    for (const auto name : sf::spec::known_floors) {
        const auto floor = Floor::parse(name);
        ASSERT_TRUE(floor) << name;
        EXPECT_EQ(floor->to_string(), name);
        EXPECT_EQ(floor->is_host(), name == "host");
    }
    EXPECT_EQ(Floor::usual().to_string(), "2.28");
}

TEST(Floor, OthersAreNamedWithThoseThatAre)
{
    for (const auto* name : {"", "2.280", "2.3", "2.40", "28", "Host", "2.28 "}) {
        const auto floor = Floor::parse(name);
        ASSERT_FALSE(floor) << name;
        EXPECT_EQ(floor.error().code, sf::util::ErrorCode::usage);
        EXPECT_THAT(floor.error().hint, HasSubstr("2.17, 2.28, 2.31, host"));
    }
}

} // namespace
