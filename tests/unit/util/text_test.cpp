#include "util/text.hpp"

#include <gtest/gtest.h>

namespace {

using namespace sf::util;

TEST(Text, SplitKeepsEmptyParts)
{
    EXPECT_EQ(split("a::b", ':'), (std::vector<std::string>{"a", "", "b"}));
    EXPECT_EQ(split("", ':'), std::vector<std::string>{""});
}

TEST(Text, ANumberIsDigitsAlone)
{
    static_assert(is_digit('0') && is_digit('9') && !is_digit('/') && !is_digit(':'));
    static_assert(is_number("0") && is_number("24011"));
    for (const auto* none : {"", "-1", "1.0", " 1", "0x1"})
        EXPECT_FALSE(is_number(none)) << none;
}

TEST(Text, TrimTakesBlanksOfBothEnds)
{
    EXPECT_EQ(trim(" \t a b \n"), "a b");
    EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, ReplaceAllDoesNotLookAtWhatItWrote)
{
    EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
}

TEST(Text, ReplaceAllOfALongTextIsQuick)
{
    // In place it moved 200 GB.
    const std::string quotes(1'000'000, '\'');
    EXPECT_EQ(replace_all(quotes, "'", "''").size(), 2 * quotes.size());
}

TEST(Text, ShellQuoteLeavesPlainWordsAndProtectsOthers)
{
    EXPECT_EQ(shell_quote("--with-x=/usr/lib"), "--with-x=/usr/lib");
    EXPECT_EQ(shell_quote(""), "''");
    EXPECT_EQ(shell_quote("it's $HOME"), R"('it'\''s $HOME')");
}

TEST(Text, GlobStarStaysInAComponentAndTwoCross)
{
    EXPECT_TRUE(glob_match("bin/*-config", "bin/ncurses6-config"));
    EXPECT_FALSE(glob_match("bin/*", "bin/a/b"));
    EXPECT_TRUE(glob_match("include/slurm/**", "include/slurm/a/b.h"));
    EXPECT_FALSE(glob_match("include/slurm/**", "include/slurmx"));
    EXPECT_TRUE(glob_match("**/*.la", "lib/slurm/x.la"));
    EXPECT_TRUE(glob_match("**/*.la", "x.la"));
    EXPECT_TRUE(glob_match("lib?/x", "lib6/x"));
    EXPECT_FALSE(glob_match("lib?x", "lib/x"));
}

TEST(Text, GlobsOfStarsEndInTime)
{
    // Trying each meaning of each star did not.
    std::string stars;
    std::string directories;
    for (int i = 0; i < 50; ++i) {
        stars += "**/a*";
        directories += "a/aa/";
    }
    EXPECT_FALSE(glob_match(stars + "b", directories));
    EXPECT_TRUE(glob_match(stars + "/**", directories));
}

TEST(Text, GlobStarsMayStandForNothing)
{
    EXPECT_TRUE(glob_match("a*", "a"));
    EXPECT_TRUE(glob_match("**", ""));
    EXPECT_TRUE(glob_match("a/**/b", "a/b"));
    EXPECT_FALSE(glob_match("**/b", "ab"));
    EXPECT_FALSE(glob_match("a/**", "a"));
    EXPECT_TRUE(glob_match("***b", "a/cb"));
}

TEST(Text, NearestFindsASlipAndNoStranger)
{
    const std::vector<std::string> known = {"configure", "install", "build"};
    EXPECT_EQ(nearest("confgure", known), "configure");
    EXPECT_EQ(nearest("buidl", known), "build");
    EXPECT_EQ(nearest("patches", known), std::nullopt);
}

TEST(Text, LastLines)
{
    EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc");
    EXPECT_EQ(last_lines("a\nb", 5), "a\nb");
    EXPECT_EQ(last_lines("", 5), "");
}

TEST(Text, HumanBytes)
{
    EXPECT_EQ(human_bytes(17), "17 B");
    EXPECT_EQ(human_bytes(1536), "1.5 KiB");
    EXPECT_EQ(human_bytes(3ULL << 30U), "3.0 GiB");
}

} // namespace
