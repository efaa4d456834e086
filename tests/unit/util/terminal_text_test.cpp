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

TEST(TerminalText, AWordIsOneLineThatNothingObeys)
{
    EXPECT_EQ(visible_word("plain text, äöü \tand 漢字"), "plain text, äöü \tand 漢字");
    EXPECT_EQ(visible_word("a\nsigned by b\r\033[31m\a\x7F"), "a\\x0asigned by b\\x0d\\x1b[31m\\x07\\x7f");
    EXPECT_EQ(visible_word("\xC2\x9B"
                           "31m \xC2\x85"),
              "\\u009b31m \\u0085"); // C1: CSI and NEL
    EXPECT_EQ(visible_word("\xE2\x80\xAE"
                           "txt\xE2\x81\xA6"),
              "\\u202etxt\\u2066"); // right to left
    EXPECT_EQ(visible_word("\x9B"
                           "31m\xFF\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80\xE2\x80"),
              "\\x9b31m\\xff\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xe2\\x80"); // no UTF-8
    EXPECT_EQ(visible_word(std::string_view("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(visible_name("slurm@1  signed by site\t"), "slurm@1\\x20\\x20signed\\x20by\\x20site\\x09");
}

TEST(TerminalText, NoLineButTheFirstPassesForOneOfTheTool)
{
    EXPECT_EQ(visible_lines("it failed:\n      detail\nerror: forged\n\n", 4),
              "it failed:\n      detail\n    error: forged\n\n");
    EXPECT_EQ(visible_lines("a\n  b\033c\r\n", 4), "a\n    b\\x1bc\\x0d\n");
    EXPECT_EQ(visible_lines("a\nb", 0), "a\nb");
    EXPECT_EQ(visible_lines("", 4), "");
}

TEST(TerminalText, JsonSaysTheSameWithoutWhatATerminalObeys)
{
    EXPECT_EQ(visible_json("{\n  \"a\": \"ä \\u001b \xC2\x9B \x7F\"\n}"),
              "{\n  \"a\": \"ä \\u001b \\u009b \\u007f\"\n}");
}

TEST(TerminalText, WhatIsFitToALineIsObeyedByNoTerminal)
{
    EXPECT_EQ(fit_columns("a\xC2\x9B"
                          "b\xE2\x80\xAE"
                          "c\xFF",
                          20),
              "a b c ");
    EXPECT_EQ(columns_of("a\xC2\x9B\xFF"), 3U);
}

} // namespace
} // namespace sf::util
