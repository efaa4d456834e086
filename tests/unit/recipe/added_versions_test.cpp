#include "recipe/added_versions.hpp"

#include <gmock/gmock.h>

namespace sf::recipe {
namespace {

using testing::HasSubstr;

const std::string sum(64, 'a');

NewVersion new_version(const char* text)
{
    return {*spec::Version::parse(text), {"https://h/x-" + std::string(text) + ".tgz"}, *util::Digest::parse(sum)};
}

std::string entry(const char* text)
{
    return "  - version: \"" + std::string(text) + "\"\n    sources:\n      - url: \"https://h/x-" + text +
           ".tgz\"\n        sha256: " + sum + "\n";
}

TEST(InsertVersion, KeepsOrderAndComments)
{
    const std::string head = "# first\nversions:\n";
    const std::string three = "  # about three\n" + entry("3.0") + "    # still three\n";
    const std::string tail = "# the end\nbuild: {}\n";
    EXPECT_EQ(*insert_version(head + three + entry("1.0") + tail, "f", new_version("2.0")),
              head + three + entry("2.0") + entry("1.0") + tail);
    EXPECT_EQ(*insert_version(head + three + tail, "f", new_version("4.0")), head + entry("4.0") + three + tail);
    EXPECT_EQ(*insert_version(head + three + "\n" + tail, "f", new_version("2.0")),
              head + three + entry("2.0") + "\n" + tail);
    const auto bare = head + entry("3.0");
    EXPECT_EQ(*insert_version(bare.substr(0, bare.size() - 1), "f", new_version("2.0")), bare + entry("2.0"));
}

TEST(InsertVersion, RefusesAListOnOneLine)
{
    const auto text = "versions: [{version: \"1.0\", sources: [{url: \"https://h/a\", sha256: " + sum + "}]}]\n";
    EXPECT_THAT(insert_version(text, "f", new_version("2.0")).error().message, HasSubstr("f:1:"));
}

TEST(AddVersions, RecipesOwnEntryStays)
{
    Recipe recipe;
    recipe.versions = *parse_added_versions("versions:\n" + entry("2.0"), "below");
    recipe.versions.front().preferred = true;
    auto added = *parse_added_versions("versions:\n" + entry("2.0") + entry("2.1"), "above");
    added.back().preferred = true;
    add_versions(recipe, added);
    ASSERT_EQ(recipe.versions.size(), 2U);
    EXPECT_EQ(recipe.versions.front().sources.front().where.file, "below");
    EXPECT_FALSE(recipe.versions.front().preferred);
    EXPECT_EQ(render_added_versions("x", new_version("2.0")).substr(0, 1), "#");
}

TEST(AddVersions, FaultsAreNamed)
{
    EXPECT_THAT(parse_added_versions("versions: []\n", "f").error().message, HasSubstr("'versions' is empty"));
    EXPECT_THAT(parse_added_versions("name: x\nversions: []\n", "f").error().message, HasSubstr("unknown key 'name'"));
}

} // namespace
} // namespace sf::recipe
