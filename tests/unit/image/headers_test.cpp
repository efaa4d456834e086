#include "image/headers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::image {
namespace {

using ::testing::HasSubstr;

ImageRecipe recipe()
{
    ImageRecipe recipe;
    recipe.name = "small";
    recipe.suite = "bookworm";
    recipe.headers = {{"libnvidia-ml-dev", "non-free", {"/usr/include/nvml.h"}, "nvml"},
                      {"b-dev", "contrib", {"/usr/include/b.h"}, ""}};
    return recipe;
}

TEST(HeaderSources, AreTheImagesOwnWithOtherComponents)
{
    const auto small = recipe();
    const AptSource mirror{{"http://mirror.example/debian"}, {"bookworm"}, {"main"}, {{"Signed-By", "/k.gpg"}}};
    const auto sources = header_sources({small, {mirror}, {}, "/making", "/log", {}});
    ASSERT_EQ(sources.size(), 1U);
    EXPECT_EQ(sources[0].uris, mirror.uris);
    EXPECT_EQ(sources[0].suites, mirror.suites);
    EXPECT_EQ(sources[0].options, mirror.options);
    EXPECT_EQ(sources[0].components, (std::vector<std::string>{"contrib", "non-free"}));
}

TEST(HeaderSources, AreNoneWhereTheHostHasNone)
{
    const auto small = recipe();
    const MakeInput input{small, {}, {}, "/making", "/log", {}};
    EXPECT_TRUE(header_sources(input).empty());
    const auto missing = add_headers(input, "/none", -1, {});
    ASSERT_TRUE(missing);
    ASSERT_EQ(missing->size(), small.headers.size());
    EXPECT_EQ(missing->front().package, small.headers.front().package);
}

constexpr const char* unknown = "E: Unable to locate package libnvidia-ml-dev\n";

TEST(SaysNoSuchPackage, WhenTheMirrorLacksPackageComponentOrFile)
{
    EXPECT_TRUE(says_no_such_package("", unknown));
    EXPECT_TRUE(says_no_such_package("W: Skipping acquire of configured file 'non-free/binary-amd64/Packages' as "
                                     "repository 'http://m bookworm InRelease' doesn't have the component 'non-free'\n",
                                     unknown));
    EXPECT_TRUE(says_no_such_package("E: Failed to fetch http://m/dists/bookworm/non-free/Packages  404  Not Found\n"
                                     "E: Some index files failed to download. They have been ignored.\n",
                                     unknown));
    EXPECT_TRUE(says_no_such_package("E: Failed to fetch file:/m/Packages  File not found - /m/Packages\n", unknown));
    EXPECT_TRUE(says_no_such_package("E: The repository 'http://m bookworm Release' does not have a Release file.\n",
                                     "E: Package 'libnvidia-ml-dev' has no installation candidate\n"));
}

TEST(SaysNoSuchPackage, NotWhenTheMirrorCouldNotBeAsked)
{
    EXPECT_FALSE(says_no_such_package("E: Failed to fetch http://m/InRelease  Could not resolve 'm'\n"
                                      "E: Some index files failed to download. They have been ignored.\n",
                                      unknown));
    EXPECT_FALSE(says_no_such_package("E: Failed to fetch http://m/Packages  Hash Sum mismatch\n", unknown));
    EXPECT_FALSE(says_no_such_package("", "E: Failed to fetch http://m/a.deb  404  Not Found\n"));
    EXPECT_FALSE(says_no_such_package("", ""));
}

TEST(ExplainMissing, NamesWhatIsMissingAndWhere)
{
    const auto text = explain_missing(recipe(), {"libnvidia-ml-dev", "non-free", "nvml"});
    for (const auto* part : {"base image 'small' is made without nvml", "libnvidia-ml-dev", "component non-free",
                             "of bookworm", "slurm-factory image remove small"})
        EXPECT_THAT(text, HasSubstr(part));
    EXPECT_THAT(explain_missing(recipe(), {"b-dev", "contrib", ""}), HasSubstr("without the headers of b-dev"));
}

} // namespace
} // namespace sf::image
