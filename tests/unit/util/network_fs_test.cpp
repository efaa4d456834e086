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

} // namespace
} // namespace sf::util::test
