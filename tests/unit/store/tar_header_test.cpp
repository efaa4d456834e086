#include "store/tar_header.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::store {
namespace {

using ::testing::HasSubstr;

TEST(TarHeader, ShortPathsTakeOneBlock)
{
    const auto header = tar_header({"software/bin/srun", TarType::file, true, 8, {}});
    ASSERT_EQ(header.size(), tar_block);
    EXPECT_EQ(header.substr(0, 18), std::string("software/bin/srun\0", 18));
    EXPECT_EQ(header.substr(100, 8), std::string("0000755\0", 8));
    EXPECT_EQ(header.substr(124, 12), std::string("00000000010\0", 12));
    EXPECT_EQ(header.substr(257, 8), std::string("ustar\00000", 8));
    EXPECT_EQ(header[156], '0');
}

TEST(TarHeader, LongPathsAreDividedAtASlash)
{
    const std::string directory(120, 'd');
    const std::string name(90, 'n');
    const auto header = tar_header({directory + "/" + name, TarType::file, false, 0, {}});
    ASSERT_EQ(header.size(), tar_block);
    EXPECT_EQ(header.substr(0, 91), name + '\0');
    EXPECT_EQ(header.substr(345, 121), directory + '\0');
}

TEST(TarHeader, WhatDoesNotFitGoesIntoAPaxHeader)
{
    const std::string name(101, 'n');
    auto header = tar_header({name, TarType::file, false, 0, {}});
    ASSERT_EQ(header.size(), 3 * tar_block);
    EXPECT_EQ(header[156], 'x');
    EXPECT_THAT(header, HasSubstr("111 path=" + name + "\n"));

    const std::string target(150, 't');
    header = tar_header({"link", TarType::symlink, false, 0, target});
    ASSERT_EQ(header.size(), 3 * tar_block);
    EXPECT_THAT(header, HasSubstr("164 linkpath=" + target + "\n"));

    header = tar_header({"big", TarType::file, false, 8589934592, {}});
    ASSERT_EQ(header.size(), 3 * tar_block);
    EXPECT_THAT(header, HasSubstr("19 size=8589934592\n"));
    EXPECT_EQ(tar_header({"big", TarType::file, false, 8589934591, {}}).size(), tar_block);
}

TEST(TarHeader, ThePaxLengthCountsItself)
{
    EXPECT_THAT(tar_header({"l", TarType::symlink, false, 0, std::string(984, 't')}), HasSubstr("998 linkpath=t"));
    EXPECT_THAT(tar_header({"l", TarType::symlink, false, 0, std::string(985, 't')}), HasSubstr("999 linkpath=t"));
    EXPECT_THAT(tar_header({"l", TarType::symlink, false, 0, std::string(986, 't')}), HasSubstr("1001 linkpath=t"));
}

TEST(TarHeader, PaddingFillsTheBlock)
{
    EXPECT_EQ(tar_padding(0).size(), 0U);
    EXPECT_EQ(tar_padding(1).size(), 511U);
    EXPECT_EQ(tar_padding(512).size(), 0U);
    EXPECT_EQ(tar_end(), std::string(1024, '\0'));
}

} // namespace
} // namespace sf::store
