#include "util/files/fs.hpp"
#include "util/files/network_fs.hpp"

#include <gtest/gtest.h>

namespace sf::util::test {
namespace {

// What is there on NFS is for tests/functional/nfs, which has one.
TEST(NetworkFileSystem, AKernelsOwnIsNone)
{
    EXPECT_EQ(network_file_system("/proc"), std::nullopt);
    EXPECT_EQ(network_file_system("/proc/no/such/file"), std::nullopt);
    EXPECT_EQ(network_file_system("no-such-file"), network_file_system("."));
}

TEST(NetworkFileSystem, LooksForPathsFromTheNearestParentOn)
{
    const auto directory = *TempDir::make(std::filesystem::temp_directory_path(), "network-fs");
    const auto& top = directory.path();
    EXPECT_TRUE(path_exists_by_now("/"));
    EXPECT_TRUE(path_exists_by_now("."));
    EXPECT_TRUE(path_exists_by_now(top));
    EXPECT_FALSE(path_exists_by_now("no-such-file"));
    EXPECT_FALSE(path_exists_by_now("no-such-directory/file"));
    EXPECT_FALSE(path_exists_by_now(top / "missing"));
    EXPECT_FALSE(path_exists_by_now(top / "a" / "b" / "missing"));
    ASSERT_TRUE(write_file_atomic(top / "a" / "b" / "file", "text"));
    EXPECT_TRUE(path_exists_by_now(top / "a" / "b" / "file"));
    EXPECT_FALSE(path_exists_by_now(top / "a" / "b" / "file" / "below-a-file"));
    std::filesystem::create_symlink("nowhere", top / "link");
    EXPECT_TRUE(path_exists_by_now(top / "link"));
}

} // namespace
} // namespace sf::util::test
