#include "deploy/hostlist.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace sf::deploy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> expanded(std::string_view text)
{
    auto names = expand_hostlist(text);
    EXPECT_TRUE(names) << util::to_string(names.error());
    return names.value_or(std::vector<std::string>{});
}

std::string complaint(std::string_view text)
{
    const auto names = expand_hostlist(text);
    EXPECT_FALSE(names) << text;
    if (names)
        return {};
    EXPECT_EQ(names.error().code, util::ErrorCode::usage);
    return names.error().message;
}

TEST(Hostlist, ExpandsRanges)
{
    EXPECT_THAT(expanded("login"), ElementsAre("login"));
    EXPECT_THAT(expanded("node[9-11]"), ElementsAre("node9", "node10", "node11"));
    EXPECT_THAT(expanded("node[009-011]"), ElementsAre("node009", "node010", "node011"));
    EXPECT_THAT(expanded("a[1-3,7]b"), ElementsAre("a1b", "a2b", "a3b", "a7b"));
    EXPECT_THAT(expanded("n[1-2][01-03]"), ElementsAre("n101", "n102", "n103", "n201", "n202", "n203"));
    EXPECT_THAT(expanded("b,a[2,1],root@c.example.org"), ElementsAre("b", "a2", "a1", "root@c.example.org"));
    EXPECT_EQ(expanded("node[001-128]").size(), 128U);
    EXPECT_THAT(expanded("[1-2]x"), ElementsAre("1x", "2x"));
}

TEST(Hostlist, EachNameOnce)
{
    EXPECT_THAT(expanded("a[1-2],a2,a1,a3"), ElementsAre("a1", "a2", "a3"));
}

TEST(Hostlist, ErrorsHaveTheColumn)
{
    EXPECT_THAT(complaint(""), HasSubstr("column 1: a host's name is missing"));
    EXPECT_THAT(complaint("a,,b"), HasSubstr("column 3: a host's name is missing"));
    EXPECT_THAT(complaint("a,"), HasSubstr("column 3: a host's name is missing"));
    EXPECT_THAT(complaint("node[1-4"), HasSubstr("column 5: this '[' has no ']'"));
    EXPECT_THAT(complaint("node[1-x]"), HasSubstr("column 8: a number is missing"));
    EXPECT_THAT(complaint("node[]"), HasSubstr("column 6: a number is missing"));
    EXPECT_THAT(complaint("node[1;2]"), HasSubstr("column 7: ';' in brackets"));
    EXPECT_THAT(complaint("node[4-1]"), HasSubstr("column 8: the range ends before it starts (4-1)"));
    EXPECT_THAT(complaint("node[001-10]"), HasSubstr("column 10: '10' has fewer digits than '001'"));
    EXPECT_THAT(complaint("node1]"), HasSubstr("column 6: ']' cannot be in a host's name"));
    EXPECT_THAT(complaint("a b"), HasSubstr("column 2: ' ' cannot be"));
    EXPECT_THAT(complaint("a,-oProxyCommand"), HasSubstr("column 3: a host's name cannot start with '-'"));
    EXPECT_THAT(complaint("n[0-9999999999999999999]"), HasSubstr("column 5: the number is too long"));
    EXPECT_THAT(complaint("n[0-999999999]"), HasSubstr("more than 1000000 hosts"));
    EXPECT_THAT(complaint("n[0-99]" + std::string(400'000, 'x')), HasSubstr("more than 320 characters"));
    EXPECT_THAT(complaint("n[0-999][0-999][0-999]"), HasSubstr("more than 1000000 hosts"));
}

TEST(Hostlist, OfManyLinesIsRefused)
{
    std::string text;
    for (char c = 'a'; c < 'a' + 12; ++c)
        text += fmt::format("{}[1-100000]\n", c);
    const auto names = read_hostlists(text, "hosts");
    ASSERT_FALSE(names);
    EXPECT_EQ(names.error().message, "hosts names more than 1000000 hosts");
}

TEST(Hostlist, AMessageQuotesTheBeginningOnly)
{
    EXPECT_LT(complaint(std::string(400'000, 'x')).size(), 500U);
}

TEST(Hostlist, AnOptionCannotComeOutOfBrackets)
{
    EXPECT_THAT(complaint("-[1-2]"), HasSubstr("cannot start with '-'"));
}

TEST(Hostlist, Folds)
{
    EXPECT_EQ(fold_hostlist({}), "");
    EXPECT_EQ(fold_hostlist({"login"}), "login");
    EXPECT_EQ(fold_hostlist({"node003", "node001", "node002", "node017"}), "node[001-003,017]");
    EXPECT_EQ(fold_hostlist({"n9", "n10", "n11"}), "n[9-11]");
    EXPECT_EQ(fold_hostlist({"n1", "n01", "n2", "n02"}), "n[1-2,01-02]");
    EXPECT_EQ(fold_hostlist({"n1-1", "n1-2", "n2-1", "n2-2"}), "n[1-2]-[1-2]");
    EXPECT_EQ(fold_hostlist({"127.0.1.1", "127.0.1.2"}), "127.0.1.[1-2]");
    EXPECT_EQ(fold_hostlist({"b", "a1", "a2"}), "a[1-2],b");
    EXPECT_EQ(fold_hostlist({"n12345678901234567890123"}), "n12345678901234567890123");
}

/// Names as sites have them, and as they should not have them.
std::string random_name(std::mt19937& random)
{
    static const std::vector<std::string> texts = {"n", "node", "rack-", "x.", "user@h", "", "a"};
    const auto pick = [&random](std::size_t below) { return random() % below; };
    auto name = texts[pick(texts.size())];
    for (auto groups = pick(4); groups > 0; --groups)
        name += fmt::format("{:0{}}", pick(pick(2) == 0 ? 12 : 1200), pick(4)) + (pick(2) == 0 ? "-" : "b");
    return name.empty() ? "n" : name;
}

TEST(Hostlist, FoldAndExpandAreInverse)
{
    std::mt19937 random(7); // NOLINT: the same names each time
    for (int round = 0; round < 400; ++round) {
        std::set<std::string> names;
        for (auto count = random() % 200 + 1; count > 0; --count)
            names.insert(random_name(random));
        const std::vector<std::string> given(names.begin(), names.end());
        const auto text = fold_hostlist(given);
        const auto back = expanded(text);
        ASSERT_EQ(std::set<std::string>(back.begin(), back.end()), names) << text;
        ASSERT_EQ(back.size(), names.size()) << text;
        ASSERT_EQ(fold_hostlist(back), text);
    }
}

TEST(Hostlist, AnythingIsANameListOrAnError)
{
    const std::string letters = "n1209[]-,@. #";
    std::mt19937 random(11); // NOLINT: the same texts each time
    int good = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (auto length = random() % 14; length > 0; --length)
            text += letters[random() % letters.size()];
        const auto names = expand_hostlist(text);
        if (!names) {
            EXPECT_THAT(names.error().message, HasSubstr("column"));
            continue;
        }
        ++good;
        ASSERT_FALSE(names->empty());
        const auto back = expanded(fold_hostlist(*names));
        ASSERT_EQ(std::set<std::string>(back.begin(), back.end()), std::set<std::string>(names->begin(), names->end()));
    }
    EXPECT_GT(good, 100);
}

TEST(Hostlist, Files)
{
    const auto names = read_hostlists("# all of them\nnode[1-2]  # racks\n\n  login,node2\n", "hosts");
    ASSERT_TRUE(names);
    EXPECT_THAT(*names, ElementsAre("node1", "node2", "login"));
    const auto bad = read_hostlists("a\nb[\n", "hosts");
    ASSERT_FALSE(bad);
    EXPECT_THAT(util::to_string(bad.error()), HasSubstr("hosts:2"));
    EXPECT_TRUE(read_hostlists("# none\n", "hosts")->empty());
}

} // namespace
} // namespace sf::deploy
