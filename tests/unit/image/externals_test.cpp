#include "image/externals.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using ::testing::HasSubstr;

TEST(VersionIn, IsTheFirstDottedNumber)
{
    const std::vector<std::pair<const char*, const char*>> cases = {
        {"cmake version 3.25.1\n\nCMake suite maintained by Kitware\n", "3.25.1"},
        {"v5.36.0", "5.36.0"},
        {"GNU ld (GNU Binutils for Debian) 2.40\nCopyright (C) 2023\n", "2.40"},
        {"bzip2, a block-sorting file compressor.  Version 1.0.8, 13-Jul-2019.\n", "1.0.8"},
        {"m4 (GNU M4) 1.4.19\n", "1.4.19"},
        {"file-5.44\nmagic file from /etc/magic\n", "5.44"},
        {"Python 3.11.2\n", "3.11.2"},
        {"11.8.86~11.8.0-5~deb12u1\n", "11.8.86"},
        {"12.2.0\n", "12.2.0"},
        {"ends in a dot 1.2.", "1.2"},
        {"2019 was before 4.1", "4.1"},
    };
    for (const auto& [output, version] : cases)
        EXPECT_EQ(version_in(output).value_or("none"), version) << output;
}

TEST(VersionIn, MayBeMissing)
{
    for (const auto* output : {"", "command not found\n", "release 7\n", "a.b 1. 2 .3"})
        EXPECT_FALSE(version_in(output)) << output;
}

Image bookworm()
{
    return {"bookworm", util::sha256(""), {}, 0, {}, {{"cmake", "3.25.1"}, {"gcc", "12.2.0"}, {"old", ""}}};
}

TEST(CheckExternals, WhatTheImageHasMayBeClaimed)
{
    EXPECT_TRUE(check_externals(bookworm(), {}));
    EXPECT_TRUE(check_externals(bookworm(), {{"cmake", "3.25.1"}, {"gcc", ""}}));
    EXPECT_TRUE(check_externals(bookworm(), {{"cmake", "3.25"}, {"gcc", "12"}})) << "a series";
    EXPECT_TRUE(check_externals(bookworm(), {{"old", "1.0"}})) << "nothing is known against it";
}

TEST(CheckExternals, AnotherVersionIsAConflict)
{
    for (const auto* version : {"3.30", "3.2", "3.25.2", "3.25.1.1"}) {
        const auto status = check_externals(bookworm(), {{"cmake", version}, {"gcc", "12.2.0"}});
        ASSERT_FALSE(status) << version;
        EXPECT_EQ(status.error().code, util::ErrorCode::conflict);
        EXPECT_EQ(status.error().message, fmt::format("cmake@{} is claimed as an external, but base image bookworm has "
                                                      "cmake 3.25.1",
                                                      version));
        EXPECT_THAT(status.error().hint, HasSubstr("packages.yaml"));
    }
}

TEST(CheckExternals, AToolThatTheImageLacksIsAConflict)
{
    const auto status = check_externals(bookworm(), {{"meson", "1.0"}});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, util::ErrorCode::conflict);
    EXPECT_EQ(status.error().message, "meson@1.0 is claimed as an external, but base image bookworm has no meson");
    EXPECT_THAT(status.error().hint, HasSubstr("take meson out of packages.yaml"));
    EXPECT_THAT(check_externals(bookworm(), {{"meson", ""}}).error().message, HasSubstr("meson is claimed"));
}

TEST(CheckExternals, AClaimThatIsNoVersion)
{
    const auto status = check_externals(bookworm(), {{"cmake", "three"}});
    ASSERT_FALSE(status);
    EXPECT_THAT(check_externals(bookworm(), {{"cmake", "@"}}).error().message, HasSubstr("@"));
}

TEST(ExternalPath, IsTheProgramOrTheFirstHeader)
{
    const auto directory = util::TempDir::make(stdfs::temp_directory_path(), "external-path-test");
    ASSERT_TRUE(directory);
    for (const auto* name : {"usr/bin/ld", "usr/bin/perl", "usr/sbin/admin", "opt/own/bin/tool"}) {
        stdfs::create_directories((directory->path() / name).parent_path());
        std::ofstream(directory->path() / name) << "x";
    }
    const Image image{"small", util::sha256(""), directory->path(), 0, {}, {}};
    ImageRecipe recipe;
    recipe.externals = {{"binutils", "ld --version"},    {"perl", "perl -e 'print $^V'"}, {"admin", "admin"},
                        {"own", "/opt/own/bin/tool -V"}, {"gone", "gone --version"},      {"nvml", "cat version"}};
    recipe.headers = {{"libnvidia-ml-dev", "non-free", {"/usr/include/nvml.h"}, "nvml"}};
    EXPECT_EQ(external_path(recipe, image, "binutils"), "/usr/bin/ld");
    EXPECT_EQ(external_path(recipe, image, "perl"), "/usr/bin/perl");
    EXPECT_EQ(external_path(recipe, image, "admin"), "/usr/sbin/admin");
    EXPECT_EQ(external_path(recipe, image, "own"), "/opt/own/bin/tool");
    EXPECT_EQ(external_path(recipe, image, "nvml"), "/usr/include/nvml.h");
    EXPECT_EQ(external_path(recipe, image, "gone"), "");
    EXPECT_EQ(external_path(recipe, image, "unheard-of"), "");
}

} // namespace
} // namespace sf::image
