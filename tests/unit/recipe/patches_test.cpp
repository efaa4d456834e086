// Patches: those of the recipe, and those out of a Debian source package.
#include "recipe/recipe.hpp"
#include "util/text.hpp"

#include "full_recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::recipe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* set_text = R"(    patches:
      - apt: demo-src
        revision: "2:22.05~rc1-4+deb12u3"
        sha256: dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd
        urls: [https://snapshot.example.org/file/1234]
        series:
          - CVE-2026-65107-1.patch
          - upstream/fix.patch
          - {file: CVE-2023-49933-49935, fixes: [CVE-2023-49933, CVE-2023-49935]}
          - CVE-2026-12.patch
)";

util::Result<Recipe> parse(const std::string& from = {}, const std::string& to = {})
{
    auto set = std::string(set_text);
    if (!from.empty()) {
        EXPECT_THAT(set, HasSubstr(from));
        set = util::replace_all(set, from, to);
    }
    const test::DemoDirectory directory;
    return parse_recipe(test::changed(test::full_recipe, "variants:\n", set + "variants:\n"), "recipe.yaml",
                        directory.path());
}

TEST(Patches, OutOfADebianSourcePackage)
{
    const auto recipe = parse();
    ASSERT_TRUE(recipe) << util::to_string(recipe.error());
    EXPECT_THAT(recipe->versions[0].patches, IsEmpty());
    ASSERT_EQ(recipe->versions[1].patches.size(), 1U);
    const auto& set = recipe->versions[1].patches[0];
    EXPECT_EQ(set.to_string(), "demo-src 2:22.05~rc1-4+deb12u3");
    ASSERT_EQ(set.sources.size(), 2U);
    EXPECT_EQ(set.sources[0].file_name(), "demo-src_22.05~rc1-4+deb12u3.debian.tar.xz") << "names have no epoch";
    EXPECT_EQ(set.sources[0].to_string(), "apt:demo-src=2:22.05~rc1-4+deb12u3");
    EXPECT_TRUE(std::get<AptSource>(set.sources[0].from).exact);
    EXPECT_EQ(set.sources[1].to_string(), "https://snapshot.example.org/file/1234");
    EXPECT_EQ(set.sources[1].sha256, set.sha256());
    std::vector<std::string> files;
    std::vector<std::string> fixes;
    for (const auto& patch : set.series) {
        files.push_back(patch.file);
        fixes.push_back(util::join(patch.fixes, "+"));
    }
    EXPECT_THAT(files, ElementsAre("CVE-2026-65107-1.patch", "upstream/fix.patch", "CVE-2023-49933-49935",
                                   "CVE-2026-12.patch"));
    EXPECT_THAT(fixes, ElementsAre("CVE-2026-65107", "", "CVE-2023-49933+CVE-2023-49935", ""));
    EXPECT_EQ(recipe->versions[1].archives().size(), 2U);
    EXPECT_EQ(recipe->versions[0].archives().size(), 1U);
}

TEST(Patches, FaultsHaveTheirPlace)
{
    const auto fault = [](const std::string& from, const std::string& to) {
        const auto recipe = parse(from, to);
        return recipe ? std::string() : recipe.error().message;
    };
    EXPECT_THAT(fault("apt: demo-src", "apt: ../demo"),
                HasSubstr(":15:14: '../demo' is not the name of a Debian source"));
    EXPECT_THAT(fault("2:22.05~rc1-4+deb12u3", "22.05"), HasSubstr(":16:19: '22.05' is not the version of a Debian"));
    EXPECT_THAT(fault("2:22.05~rc1-4+deb12u3", "22.05-1/../x"), HasSubstr("is not the version of a Debian"));
    EXPECT_THAT(fault("dddd", "dd"), HasSubstr("is not a sha256"));
    EXPECT_THAT(fault("urls", "url"), HasSubstr("unknown key 'url'"));
    EXPECT_THAT(fault("https:", "gopher:"), HasSubstr("is not an address for downloads"));
    EXPECT_THAT(fault("file/1234", ""), HasSubstr("the address names no file"));
    EXPECT_THAT(fault("upstream/", "../"), HasSubstr("'../fix.patch' is not a relative path"));
    EXPECT_THAT(fault("upstream/fix.patch", "CVE-2026-65107-1.patch"), HasSubstr("appears twice"));
    EXPECT_THAT(fault("[CVE-2023-49933,", "[CVE-2023-49933-1,"),
                HasSubstr("'CVE-2023-49933-1' is not a CVE identifier"));
    EXPECT_THAT(fault("series:", "series: []\n        #"), ::testing::Not(IsEmpty()));
}

} // namespace
} // namespace sf::recipe
