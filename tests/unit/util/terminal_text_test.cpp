#include "util/terminal_text.hpp"

#include <gtest/gtest.h>

namespace sf::util {
namespace {

TEST(TerminalText, TimesAreThoseOfAClock)
{
    EXPECT_EQ(clock_time(0.9), "0:00");
    EXPECT_EQ(clock_time(59), "0:59");
    EXPECT_EQ(clock_time(60), "1:00");
    EXPECT_EQ(clock_time(3599), "59:59");
    EXPECT_EQ(clock_time(3661), "1:01:01");
}

TEST(TerminalText, CharactersAreCountedAndNotBytes)
{
    EXPECT_EQ(columns_of(""), 0U);
    EXPECT_EQ(columns_of("äöü"), 3U);
    EXPECT_EQ(fit_columns("äöü", 2), "äö");
    EXPECT_EQ(fit_columns("äöü", 0), "");
    EXPECT_EQ(fit_columns("ab", 5), "ab");
}

TEST(TerminalText, NothingMovesTheCursor)
{
    EXPECT_EQ(fit_columns("a\tb\033[31mc\x7F", 20), "a b [31mc ");
}

} // namespace
} // namespace sf::util
