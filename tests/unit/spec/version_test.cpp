#include "spec/version.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace sf::spec {
namespace {

Version version(std::string_view text)
{
    return Version::parse(text).value();
}

VersionRange range(std::string_view text)
{
    return VersionRange::parse(text).value();
}

TEST(Version, PrintsAsWritten)
{
    for (const char* text : {"24.11.5", "6.5+20250216", "5.0.0rc1", "2_1-3", "1.2.3a", "24.05", "0", "v2", "9e"}) {
        EXPECT_EQ(version(text).to_string(), text);
        EXPECT_EQ(version(version(text).to_string()), version(text));
    }
}

TEST(Version, IsOrderedAsSpackDoes)
{
    // Ascending; every pair is compared.
    const std::vector<std::string> ascending = {
        "0.9",    "1.0alpha1", "1.0alpha2",  "1.0beta1", "1.0pre1", "1.0rc1", "1.0rc2", "1.0rc10",
        "1.0",    "1.0a",      "1.0b",       "1.0.0",    "1.0.1",   "1.1",    "1.2",    "1.10",
        "1.10.1", "24.05.8",   "24.11.0rc1", "24.11.0",  "24.11.5", "24.110", "25.05"};
    for (std::size_t i = 0; i < ascending.size(); ++i) {
        for (std::size_t j = 0; j < ascending.size(); ++j) {
            EXPECT_EQ(version(ascending[i]) < version(ascending[j]), i < j) << ascending[i] << " " << ascending[j];
            EXPECT_EQ(version(ascending[i]) == version(ascending[j]), i == j) << ascending[i] << " " << ascending[j];
        }
    }
}

TEST(Version, SeparatorsAndLeadingZerosDoNotCount)
{
    EXPECT_EQ(version("1.2.3"), version("1-2_3"));
    EXPECT_EQ(version("24.05"), version("24.5"));
    EXPECT_EQ(version("1.0a"), version("1.0.a"));
    EXPECT_NE(version("1.2"), version("1.2.0"));
}

TEST(Version, KnowsItsSeries)
{
    EXPECT_TRUE(version("24.11").is_prefix_of(version("24.11.5")));
    EXPECT_TRUE(version("24.11").is_prefix_of(version("24.11")));
    EXPECT_TRUE(version("24.11").is_prefix_of(version("24.11.0rc1")));
    EXPECT_FALSE(version("24.11").is_prefix_of(version("24.11rc1")));
    EXPECT_FALSE(version("24.11").is_prefix_of(version("24.110")));
    EXPECT_FALSE(version("24.11.5").is_prefix_of(version("24.11")));
    EXPECT_EQ(version("24.11.5").up_to(2), "24.11");
    EXPECT_EQ(version("24_11-5").up_to(2), "24_11");
    EXPECT_EQ(version("24.11").up_to(7), "24.11");
    EXPECT_EQ(version("24.11").up_to(0), "");
}

TEST(Version, RefusesWithTheColumn)
{
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "version \"\", column 1: a version is expected, such as 24.11.5"},
        {"1..2", "version \"1..2\", column 2: '.' must be between digits or letters"},
        {".1", "version \".1\", column 1: '.' must be between digits or letters"},
        {"1.", "version \"1.\", column 2: '.' must be between digits or letters"},
        {"1.2+pmix", "version \"1.2+pmix\", column 4: a '+' inside a version must be followed by a digit"},
        {"1 2", "version \"1 2\", column 2: a space is not allowed in a version"},
        {"1:2", "version \"1:2\", column 2: ':' is not allowed in a version"},
        {"1.\xc3\xa9", "version \"1.\xc3\xa9\", column 2: '.' must be between digits or letters"},
        {"1\x01", "version \"1\x01\", column 2: byte 0x01 is not allowed in a version"},
        {"1.99999999999999999999",
         "version \"1.99999999999999999999\", column 3: this number is too large for a version"},
    };
    for (const auto& [text, message] : cases) {
        const auto parsed = Version::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().message, message);
        EXPECT_EQ(parsed.error().code, util::ErrorCode::usage);
    }
}

struct RangeCase {
    const char* range;
    std::vector<const char*> in;
    std::vector<const char*> out;
};

TEST(VersionRange, Contains)
{
    const std::vector<RangeCase> cases = {
        {"24.11", {"24.11", "24.11.0", "24.11.5", "24.11.0rc1"}, {"24.110", "24.05", "24", "25.11", "24.11rc1"}},
        {"=24.11.5", {"24.11.5"}, {"24.11", "24.11.5.1", "24.11.4"}},
        {"1.2:1.4", {"1.2", "1.2.9", "1.3", "1.4", "1.4.99"}, {"1.1.9", "1.5", "1.40", "1.2rc1"}},
        {"1.2:", {"1.2", "1.10", "99"}, {"1.1", "1"}},
        {":1.4", {"0.1", "1.4", "1.4.7"}, {"1.5", "2"}},
        {":", {"0", "99", "1rc1"}, {}},
        {"1.2,1.4:1.5,=2.0", {"1.2.3", "1.4", "1.5.9", "2.0"}, {"1.3", "2.0.1", "1.6"}},
        {"1.2.5:1.2", {"1.2.5", "1.2.9"}, {"1.2.4", "1.3"}},
    };
    for (const auto& c : cases) {
        const auto parsed = range(c.range);
        for (const char* text : c.in)
            EXPECT_TRUE(parsed.contains(version(text))) << c.range << " " << text;
        for (const char* text : c.out)
            EXPECT_FALSE(parsed.contains(version(text))) << c.range << " " << text;
        EXPECT_EQ(parsed.to_string(), c.range);
        EXPECT_EQ(range(parsed.to_string()), parsed);
    }
}

TEST(VersionRange, RefusesWithTheColumn)
{
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "column 1: a version or range is expected, such as 24.11, =24.11.5, 1.2:1.4 or 2:"},
        {"1.2,", "column 5: a version or range is expected, such as 24.11, =24.11.5, 1.2:1.4 or 2:"},
        {"1.2,1..3", "column 6: '.' must be between digits or letters"},
        {"1.2:1.3:1.4", "column 8: ':' is not allowed in a version"},
        {"=1.2:1.3", "column 1: '=' names one version and cannot begin a range"},
        {"=", "column 2: a version is expected, such as 24.11.5"},
        {"1.4:1.2", "column 1: the range 1.4:1.2 is empty: its ends are in the wrong order"},
    };
    for (const auto& [text, message] : cases) {
        const auto parsed = VersionRange::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().message, fmt::format("version range \"{}\", {}", text, message));
    }
}

} // namespace
} // namespace sf::spec
