#include "util/byte_size.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace sf::util;

TEST(Size, IsBytesOrHasAUnit)
{
    EXPECT_EQ(parse_size("0"), 0U);
    EXPECT_EQ(parse_size("123"), 123U);
    EXPECT_EQ(parse_size("1K"), 1024U);
    EXPECT_EQ(parse_size("512MiB"), 512ULL << 20U);
    EXPECT_EQ(parse_size("8 GiB"), 8ULL << 30U);
    EXPECT_EQ(parse_size("2T"), 2ULL << 40U);
    EXPECT_EQ(parse_size("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(parse_size("16777215T"), 16777215ULL << 40U);
}

TEST(Size, RefusesTheRest)
{
    for (const char* text : {"", " ", "GiB", "-1", "+1", "1.5GiB", "8gb", "8 G iB", "0x10", "16777216T",
                             "18446744073709551616", "1e9", " 8"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

} // namespace
