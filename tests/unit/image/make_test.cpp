#include "image/make.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

ImageRecipe small_recipe()
{
    ImageRecipe small;
    small.name = "small";
    small.suite = "bookworm";
    small.variant = "essential";
    small.packages = {"gcc", "make"};
    small.file = "small.yaml";
    return small;
}

class MakeTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "image-make-test");
        ASSERT_TRUE(made);
        directory_ = std::make_unique<util::TempDir>(std::move(*made));
    }
    [[nodiscard]] stdfs::path top() const { return directory_->path(); }
    void write(const stdfs::path& name, const std::string& text) const
    {
        stdfs::create_directories((top() / name).parent_path());
        std::ofstream(top() / name) << text;
    }
    [[nodiscard]] std::string read(const stdfs::path& name) const
    {
        return util::read_file(top() / name).value_or("missing");
    }

private:
    std::unique_ptr<util::TempDir> directory_;
};

TEST(MmdebstrapCommand, SaysAllThatTheRecipeSays)
{
    const auto small = small_recipe();
    const MakeInput input{small, {}, {"Acquire::http::Proxy \"http://proxy/\";"}, "/images/making", "/log", {}};
    const auto argv = mmdebstrap_command(input, "/images/making/host.sources");
    EXPECT_EQ(argv.front(), "unshare");
    for (const auto* word :
         {"--kill-child", "--mount", "--pid", "mmdebstrap", "--variant=essential", "--include=gcc,make",
          "--aptopt=Acquire::http::Proxy \"http://proxy/\";", "--dpkgopt=path-exclude=/usr/share/man/*"})
        EXPECT_THAT(argv, Contains(word));
    const std::vector<std::string> last(argv.end() - 3, argv.end());
    EXPECT_EQ(last, (std::vector<std::string>{"bookworm", "/images/making/rootfs", "/images/making/host.sources"}));
    EXPECT_EQ(mmdebstrap_command(input, {}).back(), "/images/making/rootfs");
}

TEST(MmdebstrapFailure, PointsAtTheCause)
{
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"Err: Temporary failure resolving 'x'", "cannot be reached"},
        {"E: Unable to locate package gccc", "correct the image recipe"},
        {"E: something else", "apt-get update"},
    };
    for (const auto& [output, hint] : cases) {
        const auto error = explain_failure(small_recipe(), "I: start\n" + output + "\n", "/logs/image-small.log");
        EXPECT_THAT(error.message, HasSubstr(output));
        EXPECT_THAT(error.message, HasSubstr("/logs/image-small.log"));
        EXPECT_THAT(error.hint, HasSubstr(hint));
    }
    const auto full = explain_failure(small_recipe(), "E: write: No space left on device", "/l");
    EXPECT_EQ(full.code, util::ErrorCode::no_space);
    EXPECT_EQ(full.reason, util::Reason::root_full);
}

TEST_F(MakeTest, FinishingTakesTheHostAway)
{
    write("etc/hostname", "host\n");
    write("etc/resolv.conf", "nameserver 1\n");
    write("etc/apt/sources.list.d/0000host.sources", "x");
    write("etc/passwd", "root:x:0:0::/root:/bin/sh");
    write("var/log/dpkg.log", "today");
    write("var/lib/apt/lists/partial/x", "x");
    write("usr/bin/tool", "tool");
    ASSERT_TRUE(finish_rootfs(top()));
    EXPECT_FALSE(util::path_exists(top() / "etc/hostname"));
    EXPECT_FALSE(util::path_exists(top() / "etc/resolv.conf"));
    EXPECT_TRUE(stdfs::is_empty(top() / "etc/apt/sources.list.d"));
    EXPECT_TRUE(stdfs::is_empty(top() / "var/log"));
    EXPECT_TRUE(stdfs::is_empty(top() / "var/lib/apt/lists"));
    EXPECT_EQ(read("usr/bin/tool"), "tool");
    EXPECT_EQ(read("etc/passwd"), "root:x:0:0::/root:/bin/sh\nbuilder:x:65521:65521:builder:/build:/bin/sh\n");
    EXPECT_EQ(read("etc/group"), "builder:x:65521:\n");
    ASSERT_TRUE(finish_rootfs(top()));
    EXPECT_EQ(read("etc/group"), "builder:x:65521:\n") << "the account is added once";
}

/// What must stay as it is, outside of the system.
class HostileSystemTest : public MakeTest {
protected:
    void SetUp() override
    {
        MakeTest::SetUp();
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "sf-host");
        ASSERT_TRUE(made) << util::to_string(made.error());
        host_ = std::make_unique<util::TempDir>(std::move(*made));
        ASSERT_TRUE(util::write_file_atomic(file(), "the host's\n"));
        ASSERT_TRUE(util::write_file_atomic(directory() / "kept", "the host's\n"));
        write("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    }
    void TearDown() override
    {
        EXPECT_EQ(util::read_file(file()), "the host's\n");
        EXPECT_EQ(util::names_in(host_->path())->size(), 2U);
        EXPECT_THAT(*util::names_in(directory()), ::testing::ElementsAre("kept"));
        host_.reset();
        MakeTest::TearDown();
    }
    stdfs::path file() const { return host_->path() / "file"; }
    stdfs::path directory() const { return host_->path() / "directory"; }
    void link(const stdfs::path& at, const stdfs::path& target) const
    {
        ASSERT_TRUE(util::make_directories((top() / at).parent_path()));
        stdfs::remove(top() / at);
        stdfs::create_symlink(target, top() / at);
    }
    void expect_refused(const util::Status& status, const std::string& path) const
    {
        ASSERT_FALSE(status) << path;
        EXPECT_EQ(status.error().code, util::ErrorCode::recipe);
        EXPECT_THAT(status.error().message, HasSubstr(path + " of this system is neither a directory"));
    }

private:
    std::unique_ptr<util::TempDir> host_;
};

TEST_F(HostileSystemTest, FinishingFollowsNoLinkToTheHost)
{
    for (const auto* name : {"var/log", "var/cache/apt", "tmp", "run", "etc/apt/sources.list.d"})
        link(name, directory());
    link("var/lib/dbus", directory());
    for (const auto* name : {"etc/passwd", "etc/group", "etc/hostname", "etc/machine-id"})
        link(name, file());
    ASSERT_TRUE(finish_rootfs(top()));
    EXPECT_EQ(read("etc/passwd"), "builder:x:65521:65521:builder:/build:/bin/sh\n");
    EXPECT_FALSE(stdfs::is_symlink(top() / "etc/group"));
    EXPECT_FALSE(util::path_exists(top() / "etc/hostname"));
    EXPECT_TRUE(util::path_exists(top() / "tmp")) << "what a link leads to is emptied, the link stays";
}

TEST_F(HostileSystemTest, LinksAreFollowedInTheSystem)
{
    write("data/log/today", "x");
    write("etc.real/passwd", "root:x:0:0::/root:/bin/sh\n");
    link("var/log", "/data/log");
    link("etc/passwd", "../etc.real/passwd");
    ASSERT_TRUE(finish_rootfs(top()));
    EXPECT_TRUE(stdfs::is_empty(top() / "data/log"));
    EXPECT_EQ(read("etc/passwd"), "root:x:0:0::/root:/bin/sh\nbuilder:x:65521:65521:builder:/build:/bin/sh\n");
}

TEST_F(HostileSystemTest, MountPointsAreMadeInTheSystemOnly)
{
    for (const auto* name : {"build", "opt", "opt/slurm", "dev", "etc"}) {
        stdfs::remove_all(top() / name);
        link(name, directory());
        expect_refused(finish_rootfs(top()), std::string("/") + name);
        stdfs::remove(top() / name);
    }
    const auto system = util::ForeignTree::open(top()).value();
    link("var", directory());
    expect_refused(make_places(system, {"tmp", "var/tmp"}), "/var");
    link("ring", "ring");
    expect_refused(make_places(system, {"ring"}), "/ring");
    write("file", "");
    expect_refused(make_places(system, {"file/below"}), "/file");
    write("etc/issue", "");
    link("run", "/etc");
    EXPECT_TRUE(make_places(system, {"run/lock"}));
    EXPECT_TRUE(stdfs::is_directory(top() / "etc/lock"));
}

TEST_F(HostileSystemTest, AccountsAreReadFromRegularFilesOnly)
{
    stdfs::remove(top() / "etc/passwd");
    ASSERT_EQ(::mkfifo((top() / "etc/passwd").c_str(), 0600), 0);
    const auto finished = finish_rootfs(top());
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code, util::ErrorCode::recipe);
    EXPECT_THAT(finished.error().message, HasSubstr("/etc/passwd of this system is not a regular file"));
}

TEST_F(MakeTest, SummaryCountsNamesModesLinksAndContents)
{
    auto digest = [this] { return summarise_tree(top(), {})->digest; };
    write("a/file", "12345");
    stdfs::create_symlink("file", top() / "a/link");
    const auto first = digest();
    EXPECT_EQ(summarise_tree(top(), {})->bytes, 5U);
    stdfs::last_write_time(top() / "a/file", stdfs::file_time_type::min());
    EXPECT_EQ(digest(), first) << "times do not count";

    write("a/file", "12346");
    const auto content = digest();
    EXPECT_NE(content, first);
    stdfs::permissions(top() / "a/file", stdfs::perms(0755));
    const auto mode = digest();
    EXPECT_NE(mode, content);
    stdfs::remove(top() / "a/link");
    stdfs::create_symlink("else", top() / "a/link");
    const auto link = digest();
    EXPECT_NE(link, mode);
    stdfs::rename(top() / "a/file", top() / "a/fold");
    EXPECT_NE(digest(), link);
}

TEST_F(MakeTest, HolesLargerThanAnySystemAreNotRead)
{
    write("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    for (const auto* name : {"etc/holes", "etc/larger"})
        write(name, "");
    constexpr std::uintmax_t gibibyte = std::uintmax_t{1} << 30U;
    stdfs::resize_file(top() / "etc/holes", 200 * gibibyte);
    stdfs::resize_file(top() / "etc/larger", 4096 * gibibyte);
    const auto summary = summarise_tree(top(), {});
    ASSERT_FALSE(summary);
    EXPECT_EQ(summary.error().code, util::ErrorCode::recipe);
    EXPECT_THAT(summary.error().message, HasSubstr("more than 256.0 GiB; the largest is /etc/larger, 4.0 TiB"));
}

} // namespace
} // namespace sf::image
