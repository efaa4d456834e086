#include "util/files/foreign_tree.hpp"

#include "util/files/fs.hpp"
#include "util/files/open_in_root.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>

namespace {

namespace stdfs = std::filesystem;
using namespace sf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t plenty = 1024;

std::string read(const stdfs::path& path)
{
    return util::read_file(path).value_or("missing");
}

struct Place {
    util::TempDir top = util::TempDir::make(stdfs::temp_directory_path(), "foreign").value();
    stdfs::path host = top.path() / "host"; ///< what must stay as it is
    stdfs::path tree = top.path() / "tree";

    Place()
    {
        stdfs::create_directories(host / "dir");
        stdfs::create_directories(tree / "etc");
        EXPECT_TRUE(util::write_file_atomic(host / "file", "the host's"));
        EXPECT_TRUE(util::write_file_atomic(host / "dir/kept", "the host's"));
    }
    [[nodiscard]] util::ForeignTree open() const { return util::ForeignTree::open(tree).value(); }
    void expect_host_untouched() const
    {
        EXPECT_EQ(read(host / "file"), "the host's");
        EXPECT_EQ(read(host / "dir/kept"), "the host's");
        EXPECT_EQ(std::distance(stdfs::recursive_directory_iterator(host), {}), 3);
    }
};

using Open = std::function<util::Result<util::UniqueFd>(int, const stdfs::path&, int, mode_t)>;

class OpenInRoot : public testing::TestWithParam<Open> {
protected:
    Place place;
    util::UniqueFd top = util::open_file(place.tree, O_PATH | O_DIRECTORY).value();

    /// The text of a file, or why it cannot be opened.
    std::string text(const stdfs::path& path, int flags = O_RDONLY)
    {
        const auto fd = GetParam()(top.get(), path, flags, 0644);
        return fd ? read(stdfs::path("/proc/self/fd") / std::to_string(fd->get())) : fd.error().message;
    }
};

TEST_P(OpenInRoot, TakesTheTreeForTheRootFileSystem)
{
    ASSERT_TRUE(util::write_file_atomic(place.tree / "host/file", "the tree's"));
    ASSERT_TRUE(util::write_file_atomic(place.tree / "top", "the top's"));
    stdfs::create_symlink("/host/file", place.tree / "absolute");
    stdfs::create_symlink("../../../../../../host/file", place.tree / "etc/climbing");
    stdfs::create_symlink("/host", place.tree / "linked");
    stdfs::create_symlink("absolute", place.tree / "chain");
    for (const auto* path : {"host/file", "/host/file", "absolute", "etc/climbing", "linked/file", "chain",
                             "linked/../host/file", "./etc//../host/./file"})
        EXPECT_EQ(text(path), "the tree's") << path;
    EXPECT_EQ(text("../../top"), "the top's");
    EXPECT_EQ(text("linked/../top"), "the top's");
}

TEST_P(OpenInRoot, NeverReachesTheHost)
{
    stdfs::create_symlink(place.host / "file", place.tree / "absolute");
    stdfs::create_symlink("../../host/file", place.tree / "etc/climbing");
    stdfs::create_symlink(place.host, place.tree / "directory");
    for (const auto* path : {"absolute", "etc/climbing", "directory/file"})
        EXPECT_THAT(text(path), HasSubstr("No such file")) << path;
    EXPECT_THAT(text("absolute", O_WRONLY | O_TRUNC), HasSubstr("No such file"));
    place.expect_host_untouched();
}

TEST_P(OpenInRoot, HasTheErrorsOfTheKernel)
{
    stdfs::create_symlink("loop", place.tree / "loop");
    ASSERT_TRUE(util::write_file_atomic(place.tree / "file", ""));
    EXPECT_THAT(text("loop"), HasSubstr("Too many levels"));
    EXPECT_THAT(text("file/below"), HasSubstr("Not a directory"));
    EXPECT_THAT(text("file", O_RDONLY | O_DIRECTORY), HasSubstr("Not a directory"));
    EXPECT_THAT(text("loop", O_RDONLY | O_NOFOLLOW), HasSubstr("Too many levels"));
    EXPECT_THAT(text("loop", O_WRONLY | O_CREAT | O_EXCL), HasSubstr("File exists"));
    EXPECT_THAT(text("etc", O_WRONLY), HasSubstr("Is a directory"));
}

TEST_P(OpenInRoot, MakesFilesWhereLinksLeadInsideTheTree)
{
    stdfs::create_directories(place.tree.string() + place.host.string());
    stdfs::create_symlink(place.host / "made", place.tree / "link");
    EXPECT_EQ(text("link", O_RDWR | O_CREAT), "");
    EXPECT_TRUE(stdfs::exists(place.tree.string() + (place.host / "made").string()));
    place.expect_host_untouched();
}

TEST_P(OpenInRoot, OpensDirectoriesAndLinksThemselves)
{
    stdfs::create_symlink("etc", place.tree / "link");
    struct stat st = {};
    ASSERT_EQ(::fstat(GetParam()(top.get(), "link", O_PATH, 0)->get(), &st), 0);
    EXPECT_TRUE(S_ISDIR(st.st_mode));
    ASSERT_EQ(::fstat(GetParam()(top.get(), "link", O_PATH | O_NOFOLLOW, 0)->get(), &st), 0);
    EXPECT_TRUE(S_ISLNK(st.st_mode));
    for (const auto* path : {"", ".", "/", "..", "etc/..", "link/.."})
        EXPECT_TRUE(GetParam()(top.get(), path, O_RDONLY | O_DIRECTORY, 0)) << path;
}

INSTANTIATE_TEST_SUITE_P(Ways, OpenInRoot, testing::Values(util::open_in_root, util::open_in_root_by_steps),
                         [](const auto& way) { return way.index == 0 ? "Kernel" : "Steps"; });

TEST(ForeignTree, ResolvesPathsAsThoseOfARootFileSystem)
{
    const Place place;
    stdfs::create_directories(place.tree / "usr/lib");
    stdfs::create_symlink("usr/lib", place.tree / "lib");
    stdfs::create_symlink("/etc", place.tree / "absolute");
    stdfs::create_symlink("../../../..", place.tree / "usr/escape");
    stdfs::create_symlink("ring", place.tree / "ring");
    const auto tree = place.open();
    EXPECT_EQ(tree.resolve("/lib/new/x"), "/usr/lib/new/x");
    EXPECT_EQ(tree.resolve("absolute/passwd"), "/etc/passwd");
    EXPECT_EQ(tree.resolve("/usr/escape/etc"), "/etc");
    EXPECT_EQ(tree.resolve("/nothing//here/"), "/nothing/here");
    EXPECT_EQ(tree.resolve("/"), "/");
    EXPECT_THAT(tree.resolve("ring/x").error().message, HasSubstr("Too many levels"));
}

TEST(ForeignTree, KnowsWhichPathsLeaveATreeThatMayLieAnywhere)
{
    const Place place;
    stdfs::create_symlink("../etc", place.tree / "etc/inside");
    stdfs::create_symlink("/etc", place.tree / "etc/absolute");
    stdfs::create_symlink("../../tree/etc", place.tree / "etc/out-and-back");
    stdfs::create_symlink("loop", place.tree / "loop");
    const auto tree = place.open();
    EXPECT_EQ(tree.resolve_inside("etc/inside/inside/x").value(), "/etc/x");
    EXPECT_EQ(tree.resolve_inside("/etc/../none").value(), "/none");
    EXPECT_EQ(tree.resolve_inside("..").value(), std::nullopt);
    EXPECT_EQ(tree.resolve_inside("etc/absolute").value(), std::nullopt);
    EXPECT_EQ(tree.resolve_inside("etc/out-and-back").value(), std::nullopt);
    EXPECT_FALSE(tree.resolve_inside("loop"));
    EXPECT_EQ(tree.resolve("etc/out-and-back/x").value(), "/tree/etc/x") << "as in a root file system";
}

TEST(ForeignTree, WritesOverALinkAndNotThroughIt)
{
    const Place place;
    stdfs::create_symlink(place.host / "file", place.tree / "etc/passwd");
    ASSERT_TRUE(place.open().write_file("etc/passwd", "the tree's", 0600));
    EXPECT_EQ(read(place.tree / "etc/passwd"), "the tree's");
    EXPECT_EQ(stdfs::status(place.tree / "etc/passwd").permissions(), stdfs::perms(0600));
    place.expect_host_untouched();
}

TEST(ForeignTree, RemovesAndClearsInsideTheTreeOnly)
{
    const Place place;
    stdfs::create_symlink(place.host / "dir", place.tree / "run");
    stdfs::create_symlink(place.host, place.tree / "var");
    stdfs::create_directories(place.tree / "tmp/deep");
    stdfs::create_symlink(place.host / "dir", place.tree / "tmp/deep/link");
    const auto tree = place.open();
    EXPECT_TRUE(tree.clear_directory("run"));
    EXPECT_TRUE(tree.clear_directory("tmp"));
    EXPECT_TRUE(tree.remove("var/dir"));
    EXPECT_TRUE(tree.remove("run"));
    EXPECT_FALSE(stdfs::is_symlink(place.tree / "run"));
    EXPECT_TRUE(stdfs::is_empty(place.tree / "tmp"));
    EXPECT_FALSE(tree.remove("/"));
    EXPECT_FALSE(tree.remove("tmp/.."));
    place.expect_host_untouched();
}

TEST(ForeignTree, MakesDirectoriesInsideTheTreeOnly)
{
    const Place place;
    stdfs::create_symlink(place.host, place.tree / "var");
    const auto made = place.open().make_directories("var/tmp");
    ASSERT_FALSE(made); // a link that leads nowhere in the tree
    EXPECT_THAT(util::to_string(made.error()), HasSubstr((place.tree / "var").string()));
    EXPECT_TRUE(place.open().make_directories("/usr/lib/modules"));
    EXPECT_TRUE(stdfs::is_directory(place.tree / "usr/lib/modules"));
    place.expect_host_untouched();
}

TEST(ForeignTree, ReadsBoundedRegularFilesThatLinksLeadTo)
{
    const Place place;
    ASSERT_TRUE(util::write_file_atomic(place.tree / "usr/lib/os-release", "ID=debian\n"));
    stdfs::create_symlink("../usr/lib/os-release", place.tree / "etc/os-release");
    stdfs::create_symlink(place.host / "file", place.tree / "etc/shadow");
    ASSERT_EQ(::mkfifo((place.tree / "fifo").c_str(), 0600), 0);
    const auto tree = place.open();
    EXPECT_EQ(tree.read_file("/etc/os-release", plenty), "ID=debian\n");
    EXPECT_TRUE(tree.is_regular_file("etc/os-release"));
    EXPECT_FALSE(tree.exists("etc/shadow"));
    EXPECT_FALSE(tree.read_file("etc/shadow", plenty));
    EXPECT_THAT(tree.read_file("etc/os-release", 3).error().message, HasSubstr("larger than"));
    EXPECT_THAT(tree.read_file("fifo", plenty).error().message, HasSubstr("not a regular file"));
    EXPECT_THAT(*tree.names_in("etc"), ElementsAre("os-release", "shadow"));
    EXPECT_THAT(*tree.names_in("none"), ElementsAre());
}

} // namespace
