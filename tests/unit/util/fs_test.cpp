#include "util/files/fs.hpp"
#include "util/files/sha256.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>

namespace {

using namespace sf::util;
namespace fs = std::filesystem;

class FileSystem : public ::testing::Test {
protected:
    TempDir directory_ = *TempDir::make(fs::temp_directory_path(), "sf-test");
    fs::path at(const std::string& name) const { return directory_.path() / name; }
};

TEST_F(FileSystem, AtomicWriteReplacesAndLeavesNoTemporary)
{
    ASSERT_TRUE(write_file_atomic(at("d/file"), "one"));
    ASSERT_TRUE(write_file_atomic(at("d/file"), "two", 0600));
    EXPECT_EQ(*read_file(at("d/file")), "two");
    EXPECT_EQ(std::distance(fs::directory_iterator(at("d")), fs::directory_iterator()), 1);
    EXPECT_EQ(fs::status(at("d/file")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(FileSystem, ReadingWhatIsNotThereNamesIt)
{
    const auto result = read_file(at("missing"));
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, ::testing::HasSubstr("missing"));
}

TEST_F(FileSystem, RemoveTreeTakesUnwritableDirectories)
{
    ASSERT_TRUE(make_directories(at("a/b/c")));
    fs::permissions(at("a/b"), fs::perms::owner_read | fs::perms::owner_exec);
    EXPECT_TRUE(remove_tree(at("a")));
    EXPECT_FALSE(path_exists(at("a")));
    EXPECT_TRUE(remove_tree(at("a")));
}

TEST_F(FileSystem, WalkTreeIsSortedAndKnowsTypes)
{
    ASSERT_TRUE(make_directories(at("t/b")));
    std::ofstream(at("t/b/file")) << "12345";
    std::ofstream(at("t/a")) << "";
    fs::create_symlink("b/file", at("t/link"));
    const auto entries = walk_tree(at("t"));
    ASSERT_TRUE(entries);
    std::vector<std::string> names;
    for (const auto& entry : *entries)
        names.push_back(entry.relative.string());
    EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "b/file", "link"}));
    EXPECT_EQ((*entries)[2].size, 5U);
    EXPECT_EQ((*entries)[3].type, fs::file_type::symlink);
    EXPECT_EQ((*entries)[3].link_target, "b/file");
}

TEST_F(FileSystem, RequireSpaceRefusesTheImpossible)
{
    EXPECT_TRUE(require_space(at("not/yet/there"), 1, "a test"));
    const auto refused = require_space(directory_.path(), 1ULL << 62U, "a test");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::no_space);
    EXPECT_THAT(refused.error().message, ::testing::HasSubstr("a test"));
}

TEST_F(FileSystem, LockKeepsOthersOutUntilItGoes)
{
    {
        const auto first = FileLock::acquire(at("lock"));
        ASSERT_TRUE(first);
        const auto second = FileLock::try_acquire(at("lock"));
        ASSERT_TRUE(second);
        EXPECT_FALSE(second->has_value());
    }
    EXPECT_TRUE(FileLock::try_acquire(at("lock"))->has_value());
    const auto reader = FileLock::acquire(at("lock"), FileLock::Mode::shared);
    EXPECT_TRUE(FileLock::try_acquire(at("lock"), FileLock::Mode::shared)->has_value());
    EXPECT_FALSE(FileLock::try_acquire(at("lock"))->has_value());
}

TEST_F(FileSystem, LockIsNoLinkFifoOrDeviceOfOthers)
{
    fs::create_symlink(at("elsewhere"), at("link"));
    EXPECT_FALSE(FileLock::acquire(at("link")));
    EXPECT_FALSE(fs::exists(at("elsewhere"))) << "nothing is made where the link leads";
    ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
    for (const auto& refused : {FileLock::acquire(at("fifo")), FileLock::acquire("/dev/null")}) {
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message, ::testing::HasSubstr("is not a regular file"));
    }
}

TEST_F(FileSystem, TempDirGoesUnlessKept)
{
    fs::path kept;
    fs::path gone;
    {
        auto a = *TempDir::make(directory_.path(), "x");
        auto b = *TempDir::make(directory_.path(), "x");
        gone = a.path();
        kept = b.keep();
    }
    EXPECT_FALSE(path_exists(gone));
    EXPECT_TRUE(path_exists(kept));
}

TEST_F(FileSystem, Sha256OfTextAndFileAgreeWithTheStandard)
{
    // FIPS 180-4 example "abc"
    constexpr auto expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    EXPECT_EQ(sha256("abc").to_hex(), expected);
    ASSERT_TRUE(write_file_atomic(at("abc"), "abc"));
    EXPECT_EQ(sha256_file(at("abc"))->to_hex(), expected);
    EXPECT_EQ(*Digest::parse(std::string("sha256:") + expected), sha256("abc"));
    EXPECT_FALSE(Digest::parse("ba78"));
    EXPECT_FALSE(Digest::parse(std::string(64, 'g')));
}

} // namespace
