#include "sandbox/mounts.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using ::testing::HasSubstr;

class MountsTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "mounts-test");
        ASSERT_TRUE(made);
        directory_ = std::make_unique<util::TempDir>(std::move(*made));
        stdfs::create_directories(rootfs() / "usr/lib");
        stdfs::create_directories(rootfs() / "etc");
        stdfs::create_directory_symlink("usr/lib", rootfs() / "lib");
        stdfs::create_directory_symlink("/usr/../etc/./", rootfs() / "absolute");
        stdfs::create_directory_symlink("ring-b", rootfs() / "ring-a");
        stdfs::create_directory_symlink("ring-a", rootfs() / "ring-b");
        stdfs::create_directory_symlink("../../..", rootfs() / "usr/escape");
        std::ofstream(rootfs() / "etc/passwd") << "x";
    }
    [[nodiscard]] stdfs::path top() const { return directory_->path(); }
    [[nodiscard]] stdfs::path rootfs() const { return top() / "rootfs"; }
    [[nodiscard]] stdfs::path skeleton() const { return top() / "skeleton"; }
    [[nodiscard]] std::vector<std::string> skeleton_entries() const
    {
        std::vector<std::string> names;
        const auto entries = util::walk_tree(skeleton());
        for (const auto& entry : entries.value())
            names.push_back(entry.relative.string());
        return names;
    }

private:
    std::unique_ptr<util::TempDir> directory_;
};

Job job_of(std::vector<std::string> argv = {"/bin/true"})
{
    Job job;
    job.name = "zlib";
    job.argv = std::move(argv);
    return job;
}

TEST_F(MountsTest, LinksOfTheImageAreFollowedInsideIt)
{
    EXPECT_EQ(resolve_inside(rootfs(), "/lib/new/x").value(), "/usr/lib/new/x");
    EXPECT_EQ(resolve_inside(rootfs(), "/absolute/passwd").value(), "/etc/passwd");
    EXPECT_EQ(resolve_inside(rootfs(), "/usr/escape/etc").value(), "/etc");
    EXPECT_EQ(resolve_inside(rootfs(), "/nothing//here/").value(), "/nothing/here");
    const auto ring = resolve_inside(rootfs(), "/ring-a/x");
    ASSERT_FALSE(ring);
    EXPECT_THAT(ring.error().message, HasSubstr("Too many levels of symbolic links"));
}

TEST_F(MountsTest, SkeletonHoldsWhatTheImageLacks)
{
    std::vector<Mount> mounts(4);
    mounts[0].inside = "/etc";
    mounts[1].inside = "/lib/deep/point";
    mounts[2].inside = "/opt/file";
    mounts[2].is_file = true;
    mounts[3].inside = "/opt/open";
    mounts[3].mode = 01777;
    ASSERT_EQ(::chmod((rootfs() / "usr").c_str(), 0711), 0);
    ASSERT_TRUE(make_skeleton(rootfs(), skeleton(), mounts));
    EXPECT_EQ(skeleton_entries(), (std::vector<std::string>{"opt", "opt/file", "opt/open", "usr", "usr/lib",
                                                            "usr/lib/deep", "usr/lib/deep/point"}));
    struct stat st = {};
    ASSERT_EQ(::stat((skeleton() / "usr").c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 07777U, 0711U) << "the skeleton must not change the image's directories";
    ASSERT_EQ(::stat((skeleton() / "opt/open").c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 07777U, 01777U);
    EXPECT_TRUE(stdfs::is_regular_file(skeleton() / "opt/file"));
}

TEST_F(MountsTest, PointsOnOtherMountsAreLeftToTheRuntime)
{
    std::vector<Mount> mounts(2);
    mounts[0].inside = "/build";
    mounts[1].inside = "/build/source";
    ASSERT_TRUE(make_skeleton(rootfs(), skeleton(), mounts));
    EXPECT_EQ(skeleton_entries(), std::vector<std::string>{"build"});
}

TEST_F(MountsTest, KindsMustAgree)
{
    Mount mount;
    mount.inside = "/etc/passwd";
    mount.source = "/host/directory";
    const auto made = make_skeleton(rootfs(), skeleton(), {mount});
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message, HasSubstr("/host/directory cannot be mounted on /etc/passwd"));
}

TEST_F(MountsTest, ParentsComeFirstAndTheJobsOwnReplaceTheStandardOnes)
{
    auto job = job_of();
    job.binds = {{top(), "/build/a/b", false}, {rootfs() / "etc/passwd", "/etc/extra", true}};
    job.tmpfs = {"/build", "/tmp"};
    job.overlays = {{"/opt/p", {}, "/u", "/w"}};
    const auto mounts = plan_mounts(job, {"/scratch/overlay-0"});
    ASSERT_TRUE(mounts);
    auto at = [&mounts](const char* inside) {
        return std::find_if(mounts->begin(), mounts->end(), [inside](const Mount& m) { return m.inside == inside; });
    };
    EXPECT_LT(at("/build"), at("/build/a/b"));
    EXPECT_LT(at("/dev"), at("/dev/pts"));
    EXPECT_EQ(std::count_if(mounts->begin(), mounts->end(), [](const Mount& m) { return m.inside == "/tmp"; }), 1);
    EXPECT_THAT(at("/tmp")->options, ::testing::Contains("uid=65521"));
    EXPECT_EQ(at("/opt/p")->source, "/scratch/overlay-0");
    EXPECT_THAT(at("/build/a/b")->options, ::testing::Contains("ro"));
    EXPECT_THAT(at("/etc/extra")->options, ::testing::Contains("rw"));
    EXPECT_TRUE(at("/etc/extra")->is_file);
}

TEST_F(MountsTest, AMissingBindSourceIsNamed)
{
    auto job = job_of();
    job.binds = {{top() / "nothing", "/x", false}};
    const auto mounts = plan_mounts(job, {});
    ASSERT_FALSE(mounts);
    EXPECT_THAT(mounts.error().message, HasSubstr("nothing, to be shown as /x, does not exist"));
}

TEST(CheckJob, RefusesWhatCannotBeRun)
{
    EXPECT_TRUE(check_job(job_of()));
    EXPECT_THAT(check_job(job_of({})).error().message, HasSubstr("no command"));
    for (const auto* inside : {"relative", "/", "/a/../b", "", "//"}) {
        auto job = job_of();
        job.tmpfs = {inside};
        const auto checked = check_job(job);
        ASSERT_FALSE(checked) << inside;
        EXPECT_THAT(checked.error().message, HasSubstr("no place to mount on"));
    }
    auto job = job_of();
    job.tmpfs = {"/a", "/a/"};
    EXPECT_THAT(check_job(job).error().message, HasSubstr("twice"));
    job = job_of();
    job.overlays = {{"/a", {"/l"}, "", ""}};
    EXPECT_THAT(check_job(job).error().message, HasSubstr("no upper directory"));
    job = job_of();
    job.inherited_fds = {987};
    EXPECT_THAT(check_job(job).error().message, HasSubstr("987"));
    job = job_of();
    job.directory = "build";
    EXPECT_THAT(check_job(job).error().message, HasSubstr("not absolute"));
}

} // namespace
} // namespace sf::sandbox
