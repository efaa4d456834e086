#include "app/images/packages_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<FoundExternal> tools = {{"cmake", "3.25.1", "/usr/bin/cmake"},
                                          {"nvml", "11.8.86", "/usr/include/nvml.h"}};

constexpr const char* entries = R"(  cmake:
    externals:
    - spec: cmake@3.25.1
      prefix: /usr
    buildable: false
  nvml:
    externals:
    - spec: nvml@11.8.86
      prefix: /usr
    buildable: false
)";

std::string written(std::string_view text, const std::vector<FoundExternal>& externals = tools)
{
    const auto merged = merge_externals(text, "/site/packages.yaml", externals);
    EXPECT_TRUE(merged) << util::to_string(merged.error());
    return merged ? merged->text : "";
}

TEST(MergeExternals, MakesTheFile)
{
    const auto merged = merge_externals("", "/site/packages.yaml", tools);
    ASSERT_TRUE(merged) << util::to_string(merged.error());
    EXPECT_EQ(merged->text, std::string("packages:\n") + entries);
    EXPECT_EQ(merged->file, "/site/packages.yaml");
    EXPECT_THAT(merged->added, ElementsAre("cmake", "nvml"));
    EXPECT_EQ(written("packages:\n"), std::string("packages:\n") + entries);
    EXPECT_EQ(written("# ours\n"), std::string("# ours\npackages:\n") + entries);
    EXPECT_EQ(written("", {}), "");
}

TEST(MergeExternals, WritingAgainChangesNothing)
{
    const auto first = written("");
    const auto merged = merge_externals(first, "f", tools);
    ASSERT_TRUE(merged);
    EXPECT_EQ(merged->text, first);
    EXPECT_THAT(merged->unchanged, ElementsAre("cmake", "nvml"));
    EXPECT_THAT(merged->added, IsEmpty());
}

TEST(MergeExternals, LeavesWhatOthersWrote)
{
    constexpr const char* own = R"(# the site's
packages: # of packages

    # by Anna
    all:
        variants: [+shared]
    munge: {version: [0.5.16]}
)";
    const auto text = written(own);
    EXPECT_THAT(text, HasSubstr("packages: # of packages\n    cmake:\n      externals:\n      - spec: cmake@3.25.1\n"));
    EXPECT_THAT(text, HasSubstr("      buildable: false\n\n    # by Anna\n    all:\n        variants: [+shared]\n"
                                "    munge: {version: [0.5.16]}\n"));
    EXPECT_TRUE(text.starts_with("# the site's\n"));
}

TEST(MergeExternals, ReplacesTheVersionInItsOwnEntriesOnly)
{
    const auto first = written("") + "  make:\n    externals:\n    - spec: make@4.2\n      prefix: /opt/make\n"
                                     "    buildable: false\n";
    const std::vector<FoundExternal> newer = {{"cmake", "3.31.6", "/usr/bin/cmake"},
                                              {"make", "4.4.1", "/usr/bin/make"},
                                              {"nvml", "11.8.86", "/usr/include/nvml.h"}};
    const auto merged = merge_externals(first, "f", newer);
    ASSERT_TRUE(merged) << util::to_string(merged.error());
    EXPECT_THAT(merged->updated, ElementsAre("cmake"));
    EXPECT_THAT(merged->kept, ElementsAre("make")) << "another prefix";
    EXPECT_THAT(merged->unchanged, ElementsAre("nvml"));
    auto expected = first;
    expected.replace(expected.find("3.25.1"), 6, "3.31.6");
    EXPECT_EQ(merged->text, expected);
}

TEST(MergeExternals, AnEntryThatWasAddedToIsSomebodyElses)
{
    const auto first = written("", {tools[0]});
    const std::vector<FoundExternal> newer = {{"cmake", "3.31.6", "/usr/bin/cmake"}};
    for (const auto& text : {first + "    version: [3.25]\n", std::string("packages:\n  cmake: {buildable: false}\n"),
                             std::string("packages:\n  'cmake:':\n    buildable: false\n")}) {
        const auto merged = merge_externals(text, "f", newer);
        ASSERT_TRUE(merged) << util::to_string(merged.error());
        EXPECT_THAT(merged->kept, ElementsAre("cmake"));
        EXPECT_EQ(merged->text, text);
    }
}

TEST(MergeExternals, ANameThatNoPackageCanHaveIsLeftOut)
{
    const auto merged = merge_externals("", "f", {{"g++", "12.2.0", "/usr/bin/g++"}, tools[0]});
    ASSERT_TRUE(merged);
    EXPECT_THAT(merged->unnamable, ElementsAre("g++"));
    EXPECT_THAT(merged->added, ElementsAre("cmake"));
    EXPECT_EQ(merged->text.find("g++"), std::string::npos);
}

TEST(MergeExternals, WhatCannotBeAddedToIsLeftWithTheLinesToAdd)
{
    for (const auto* text : {"packages: {all: {variants: [+shared]}}\n", "packages:\n  {all: {buildable: true}}\n",
                             "{packages: {}}\n", "packages: {}\n", "{}\n"}) {
        const auto merged = merge_externals(text, "/site/packages.yaml", tools);
        ASSERT_FALSE(merged) << text;
        EXPECT_THAT(merged.error().message, HasSubstr("/site/packages.yaml"));
        EXPECT_THAT(merged.error().hint, HasSubstr("\npackages:\n  cmake:\n    externals:\n    - spec: cmake@3.25.1"));
    }
}

TEST(MergeExternals, FaultsOfTheFileAreReportedWithTheirPlace)
{
    const auto merged = merge_externals("packages:\n  - cmake\n", "/site/packages.yaml", tools);
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().code, util::ErrorCode::recipe);
    EXPECT_THAT(merged.error().message, HasSubstr("/site/packages.yaml:2:3:"));
}

} // namespace
} // namespace sf::app
