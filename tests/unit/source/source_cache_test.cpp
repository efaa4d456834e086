#include "source/source_cache.hpp"

#include "fixture.hpp"

namespace sf::source::testing {
namespace {

using SourceCacheTest = SourceTest;

TEST_F(SourceCacheTest, IsEmptyWithoutADirectory)
{
    const auto sum = util::sha256("x");
    EXPECT_EQ(cache().find(sum), std::nullopt);
    EXPECT_EQ(cache().find_verified(sum).value(), std::nullopt);
}

TEST_F(SourceCacheTest, AdoptsAFileUnderItsSum)
{
    const auto sum = util::sha256("contents");
    const auto partial = cache().partial_path(sum);
    write_file(partial, "contents");
    const auto path = cache().adopt(partial, sum, "a-1.0.tar.gz");
    ASSERT_TRUE(path) << to_string(path.error());
    EXPECT_EQ(*path, site_.source_cache() / sum.to_hex() / "a-1.0.tar.gz");
    EXPECT_EQ(read_file(*path), "contents");
    EXPECT_FALSE(std::filesystem::exists(partial));
    EXPECT_EQ(cache().find(sum), *path);
    EXPECT_EQ(cache().find_verified(sum).value(), *path);
}

TEST_F(SourceCacheTest, DoesNotLetANameEscape)
{
    const auto sum = util::sha256("contents");
    for (const std::string name : {"../../evil", "", ".hidden", ".."}) {
        write_file(cache().partial_path(sum), "contents");
        const auto path = cache().adopt(cache().partial_path(sum), sum, name);
        ASSERT_TRUE(path) << name;
        EXPECT_EQ(*path, site_.source_cache() / sum.to_hex() / "archive");
    }
}

TEST_F(SourceCacheTest, RemovesAFileWhoseBytesChanged)
{
    const auto sum = util::sha256("contents");
    const auto path = site_.source_cache() / sum.to_hex() / "a.tar";
    write_file(path, "c0ntents");
    EXPECT_EQ(cache().find(sum), path);
    EXPECT_EQ(cache().find_verified(sum).value(), std::nullopt);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(SourceCacheTest, UsesTheGoodOneOfTwoNames)
{
    const auto sum = util::sha256("contents");
    const auto directory = site_.source_cache() / sum.to_hex();
    write_file(directory / "a.tar", "c0ntents");
    write_file(directory / "b.tar", "contents");
    EXPECT_EQ(cache().find_verified(sum).value(), directory / "b.tar");
    EXPECT_EQ(cached_files(), std::vector<std::string>{"b.tar"});
}

TEST_F(SourceCacheTest, ReportsAMissingFile)
{
    const auto sum = util::sha256("contents");
    EXPECT_FALSE(cache().adopt(root() / "nothing", sum, "a.tar"));
    EXPECT_EQ(cache().find(sum), std::nullopt);
}

} // namespace
} // namespace sf::source::testing
