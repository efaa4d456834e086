#include "bundle/diff.hpp"

#include "util/files/fs.hpp"
#include "util/process/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <optional>

namespace sf::bundle {
namespace {

namespace stdfs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DiffTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "sf-diff");
        ASSERT_TRUE(made) << util::to_string(made.error());
        directory_.emplace(std::move(*made));
    }

    const stdfs::path& root() const { return directory_->path(); }

    void put(const stdfs::path& file, const std::string& text) const
    {
        ASSERT_TRUE(util::make_directories((root() / file).parent_path()));
        ASSERT_TRUE(util::write_file_atomic(root() / file, text));
    }

    Contents read(const stdfs::path& path) const
    {
        auto contents = read_contents(root() / path, {});
        EXPECT_TRUE(contents) << util::to_string(contents.error());
        return contents ? *contents : Contents();
    }

    std::optional<util::TempDir> directory_;
};

constexpr const char* manifest = R"({"name": "slurm-24.11", "target": "x86_64", "image": {"name": "bookworm"},
  "packages": [{"name": "munge", "version": "0.5", "variants": {"docs": "false"}, "bytes": 7,
                "layers": {"run": "abc"}}]})";

TEST_F(DiffTest, ATreeAndItsTarballHaveTheSameContents)
{
    put("software/bin/srun", "srun");
    put("software/share/slurm-factory/manifest.json", manifest);
    ASSERT_EQ(::symlink("srun", (root() / "software/bin/salloc").c_str()), 0);
    ASSERT_EQ(::chmod((root() / "software/bin/srun").c_str(), 0755), 0);
    util::Command tar;
    tar.argv = {"tar", "-czf", "one.tar.gz", "software"};
    tar.directory = root();
    ASSERT_TRUE(util::run_checked(tar));
    const auto packed = read("one.tar.gz");
    const auto tree = read("software");
    EXPECT_EQ(packed.files, tree.files);
    ASSERT_EQ(tree.files.size(), 3U);
    EXPECT_TRUE(tree.files.at("bin/srun").executable);
    EXPECT_EQ(tree.files.at("bin/srun").bytes, 4U);
    EXPECT_EQ(tree.files.at("bin/salloc").content, "-> srun");
    EXPECT_EQ(packed.name, "slurm-24.11");
    EXPECT_EQ(packed.image, "bookworm");
    EXPECT_EQ(packed.packages.at("munge").variants, "~docs");
    EXPECT_EQ(packed.packages.at("munge").layer, "abc");
    EXPECT_TRUE(diff(packed, tree).empty());
}

TEST_F(DiffTest, AManifestIsReadInTheTreeOnly)
{
    put("host", manifest);
    put("software/bin/srun", "srun");
    put("software/share/slurm-factory/other", manifest);
    const auto place = root() / "software/share/slurm-factory/manifest.json";
    ASSERT_EQ(::symlink((root() / "host").c_str(), place.c_str()), 0);
    EXPECT_EQ(read("software").name, "");
    ASSERT_EQ(::unlink(place.c_str()), 0);
    ASSERT_EQ(::symlink("/share/slurm-factory/other", place.c_str()), 0);
    EXPECT_EQ(read("software").name, "slurm-24.11");
    ASSERT_EQ(::unlink(place.c_str()), 0);
    ASSERT_EQ(::mkfifo(place.c_str(), 0600), 0);
    EXPECT_EQ(read_contents(root() / "software", {}).error().code, util::ErrorCode::verify);
}

TEST_F(DiffTest, SaysWhatIsNewGoneAndDifferent)
{
    Contents before;
    before.packages = {{"munge", {"0.5", "", 10, "a"}}, {"zlib", {"1.2", "", 5, "z"}}, {"same", {"1", "", 1, "s"}}};
    before.files = {{"bin/srun", {true, 10, "aa"}},
                    {"lib/slurm/old.so", {false, 5, "bb"}},
                    {"lib/slurm/kept.so", {false, 1, "cc"}}};
    Contents after;
    after.packages = {{"munge", {"0.6", "", 12, "b"}}, {"hwloc", {"2.9", "", 7, "h"}}, {"same", {"1", "", 1, "s"}}};
    after.files = {{"bin/srun", {false, 10, "aa"}},
                   {"lib/slurm/new.so", {false, 7, "dd"}},
                   {"lib/slurm/src/no.so", {false, 1, "ee"}},
                   {"lib/slurm/kept.so", {false, 1, "cc"}}};
    const auto changes = diff(before, after);
    ASSERT_EQ(changes.packages.size(), 3U);
    EXPECT_EQ(changes.packages[0].name, "hwloc");
    EXPECT_FALSE(changes.packages[0].before);
    EXPECT_EQ(changes.packages[1].after->version, "0.6");
    EXPECT_FALSE(changes.packages[2].after);
    EXPECT_EQ(changes.files.size(), 4U) << "execute bits count";
    EXPECT_THAT(changes.plugins_added, ElementsAre("new.so")) << "those directly in lib/slurm only";
    EXPECT_THAT(changes.plugins_removed, ElementsAre("old.so"));
    EXPECT_EQ(changes.same, 1U);
    EXPECT_EQ(changes.bytes_before, 16U);
    EXPECT_EQ(changes.bytes_after, 19U);
}

TEST_F(DiffTest, APackageWithOtherBytesIsDifferent)
{
    Contents before;
    before.packages = {{"munge", {"0.5", "+docs", 10, "a"}}};
    auto after = before;
    EXPECT_THAT(diff(before, after).packages, IsEmpty());
    after.packages["munge"].layer = "b";
    EXPECT_EQ(diff(before, after).packages.size(), 1U);
}

TEST_F(DiffTest, WhatIsNoBundleIsRefused)
{
    put("text", "no archive");
    EXPECT_EQ(read_contents(root() / "text", {}).error().code, util::ErrorCode::verify);
    EXPECT_EQ(read_contents(root() / "not there", {}).error().code, util::ErrorCode::usage);
    ASSERT_TRUE(util::make_directories(root() / "empty"));
    EXPECT_THAT(util::to_string(read_contents(root() / "empty", {}).error()), HasSubstr("is not a bundle"));
    put("software/share/slurm-factory/manifest.json", "[1, 2");
    EXPECT_THAT(util::to_string(read_contents(root() / "software", {}).error()),
                HasSubstr("is not a slurm-factory manifest"));
}

} // namespace
} // namespace sf::bundle
