#include "releases/listing.hpp"

#include "recipe/recipe.hpp"

#include <gmock/gmock.h>

namespace sf::releases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Listing, NamesFilesOfEveryForm)
{
    EXPECT_THAT(*parse_listing("<a href=\"?C=N\">N</a><A HREF = 'a%2B1.tgz'>x</A> <a href=/x/b.tgz?v=1>"),
                ElementsAre("a+1.tgz", "b.tgz"));
    EXPECT_THAT(*parse_listing("<Key>releases/c.tgz</Key>"), ElementsAre("c.tgz"));
    EXPECT_THAT(*parse_listing("-rw-r--r-- 1 root d.tgz\ne.tgz\n"), ElementsAre("d.tgz", "e.tgz"));
}

TEST(Listing, RefusesWhatIsNone)
{
    EXPECT_THAT(parse_listing("<html>Welcome</html>").error().message, HasSubstr("this is not a listing"));
    EXPECT_FALSE(parse_listing(""));
    EXPECT_FALSE(parse_listing("<a href=\""));
    EXPECT_THAT(parse_tags("<html>").error().message, HasSubstr("not a list of tags"));
    EXPECT_THAT(parse_tags(std::string(100000, '[')).error().message, HasSubstr("not a list of tags"));
    EXPECT_THAT(parse_tags(R"({"message": "API rate limit exceeded"})").error().message, HasSubstr("rate limit"));
    EXPECT_THAT(parse_tags("[{}]").error().message, HasSubstr("has no name"));
}

TEST(Listing, ReadsTags)
{
    EXPECT_THAT(*parse_tags(R"([{"name": "v1"}, {"name": "v2"}])"), ElementsAre("v1", "v2"));
    EXPECT_THAT(*parse_tags(R"([{"name": "release/v9.4.2"}])"), ElementsAre("release/v9.4.2"));
}

TEST(Listing, FindsASum)
{
    const std::string hex = sum;
    EXPECT_EQ(parse_checksum(hex + "  other\n" + hex + " *./a.tgz\n", "a.tgz")->to_hex(), hex);
    EXPECT_EQ(parse_checksum("SHA256 (a.tgz) = " + hex, "a.tgz")->to_hex(), hex);
    EXPECT_EQ(parse_checksum(hex + "\n", "a.tgz")->to_hex(), hex);
    EXPECT_FALSE(parse_checksum(hex + "  other\n", "a.tgz"));
    EXPECT_FALSE(parse_checksum("<html>404</html>", "a.tgz"));
}

TEST(Patterns, FindVersionsInNames)
{
    const auto in = [](const char* pattern, const char* name) {
        const auto version = recipe::version_in(pattern, name);
        return version ? version->to_string() : std::string();
    };
    EXPECT_EQ(in("slurm-{dashed}-1", "slurm-24-11-8-1"), "24.11.8");
    EXPECT_EQ(in("R_{underscored}", "R_2_8_3"), "2.8.3");
    EXPECT_EQ(in("v{version}", "v1.2"), "1.2");
    EXPECT_EQ(in("release/v{version}", "release/v9.4.2"), "9.4.2");
    EXPECT_EQ(in("v{version}", "v1.2rc1"), "");
    EXPECT_EQ(in("slurm-{dashed}-1", "slurm-1"), "");
    EXPECT_EQ(in("v{version}", "v"), "");
}

} // namespace
} // namespace sf::releases
