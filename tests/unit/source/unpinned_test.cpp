#include "source/unpinned.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sf::source {
namespace {

TEST(Unpinned, TellsArchivesFromPages)
{
    constexpr std::size_t tar_at = 257;
    EXPECT_TRUE(is_archive("\x1f\x8b\x08"));
    EXPECT_TRUE(is_archive("BZh91AY"));
    EXPECT_TRUE(is_archive(std::string("\xfd"
                                       "7zXZ\0\0",
                                       7)));
    EXPECT_TRUE(is_archive("\x28\xb5\x2f\xfd\x04"));
    EXPECT_TRUE(is_archive("PK\x03\x04\x14"));
    EXPECT_TRUE(is_archive("name" + std::string(tar_at - 4, '\0') + "ustar  "));
    EXPECT_FALSE(is_archive("name" + std::string(tar_at - 4, '\0')));
    EXPECT_FALSE(is_archive("<!DOCTYPE html><html>Log in</html>"));
    EXPECT_FALSE(is_archive("ustar"));
    EXPECT_FALSE(is_archive("\x1f"));
    EXPECT_FALSE(is_archive(""));
}

} // namespace
} // namespace sf::source
