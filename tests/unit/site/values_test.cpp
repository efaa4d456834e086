#include "site/layers.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sf::site {
namespace {

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

TEST(SlurmVersion, IsOneAndNoRange)
{
    EXPECT_EQ(parse_slurm_version("24.11"), "24.11");
    EXPECT_EQ(parse_slurm_version("24.11.5"), "24.11.5");
    for (const char* text : {"", "24.11:", "24.11,25.05", "=24.11.5", "@24.11"})
        EXPECT_FALSE(parse_slurm_version(text)) << text;
}

TEST(Variants, AreAllThatMayStand)
{
    EXPECT_EQ(parse_variants("+kafka ~hdf5 auth=munge"),
              (spec::VariantValues{{"auth", "munge"}, {"hdf5", "false"}, {"kafka", "true"}}));
    EXPECT_EQ(parse_variants(" "), spec::VariantValues());
    EXPECT_EQ(parse_variants("-a"), (spec::VariantValues{{"a", "false"}}));
    for (const char* text : {"kafka", "slurm +kafka", "+a @24", "+a target=zen4", "+a ^hwloc", "+a +a", "+"})
        EXPECT_FALSE(parse_variants(text)) << text;
}

TEST(Mirror, IsAUrlOrADirectory)
{
    EXPECT_EQ(parse_mirror("https://h:8080/a b", "/base"), "https://h:8080/a b");
    EXPECT_EQ(parse_mirror("/srv/./m", "/base"), "/srv/m");
    EXPECT_EQ(parse_mirror("../m", "/base/dir"), "/base/m");
    EXPECT_FALSE(parse_mirror("", "/base"));
    EXPECT_FALSE(parse_mirror("HTTP://h", "/base"));
    EXPECT_FALSE(parse_mirror("://h", "/base"));
}

} // namespace
} // namespace sf::site
