#include "site/layers.hpp"

#include <gtest/gtest.h>

namespace sf::site {
namespace {

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

TEST(Place, IsAUrlOrADirectory)
{
    const Places mirrors{.what = "mirror", .schemes = {"file", "http", "https"}};
    EXPECT_EQ(parse_place("https://h:8080/a b", "/base", mirrors), "https://h:8080/a b");
    EXPECT_EQ(parse_place("/srv/./m", "/base", mirrors), "/srv/m");
    EXPECT_EQ(parse_place("../m", "/base/dir", mirrors), "/base/m");
    EXPECT_FALSE(parse_place("", "/base", mirrors));
    EXPECT_FALSE(parse_place("HTTP://h", "/base", mirrors));
    EXPECT_FALSE(parse_place("://h", "/base", mirrors));
}

} // namespace
} // namespace sf::site
