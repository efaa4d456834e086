#include "util/fs.hpp"
#include "util/network_fs.hpp"

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

TEST(NetworkFileSystem, LookingAnewChangesNothing)
{
    const auto directory = *TempDir::make(std::filesystem::temp_directory_path(), "network-fs");
    see_changes_of_others(directory.path());
    see_changes_of_others(directory.path() / "missing");
    EXPECT_TRUE(walk_tree(directory.path())->empty());
}

} // namespace
} // namespace sf::util::test
