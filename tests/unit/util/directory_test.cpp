#include "util/files/directory.hpp"

#include "util/fd.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace sf::util {
namespace {

namespace stdfs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DirectoryTest : public testing::Test {
protected:
    TempDir top_ = TempDir::make(stdfs::temp_directory_path(), "directory").value();
    stdfs::path at_ = top_.path() / "d";
};

TEST_F(DirectoryTest, NamesAreSortedByBytes)
{
    stdfs::create_directories(at_ / "b");
    for (const auto* name : {"a", "Z", ".hidden", "\xc3\xa4"})
        ASSERT_TRUE(write_file_atomic(at_ / name, ""));
    EXPECT_THAT(names_in(at_).value(), ElementsAre(".hidden", "Z", "a", "b", "\xc3\xa4"));
    EXPECT_THAT(paths_in(at_).value(), ElementsAre(at_ / ".hidden", at_ / "Z", at_ / "a", at_ / "b", at_ / "\xc3\xa4"));
    EXPECT_EQ(readable_paths_in(at_), paths_in(at_).value());
}

TEST_F(DirectoryTest, AnOpenDirectoryCanBeReadTwice)
{
    stdfs::create_directories(at_ / "b");
    const UniqueFd fd(::open(at_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    EXPECT_THAT(names_in(fd.get(), "it").value(), ElementsAre("b"));
    EXPECT_THAT(names_in(fd.get(), "it").value(), ElementsAre("b"));
}

TEST_F(DirectoryTest, WhatIsMissingIsEmptyAndWhatCannotBeReadIsAnError)
{
    EXPECT_THAT(names_in(at_).value(), IsEmpty());
    EXPECT_THAT(readable_paths_in(at_), IsEmpty());
    ASSERT_TRUE(write_file_atomic(at_, "a file"));
    EXPECT_THAT(names_in(at_).error().message, HasSubstr("cannot read the directory " + at_.string()));
    EXPECT_FALSE(paths_in(at_));
    EXPECT_THAT(readable_paths_in(at_), IsEmpty());
}

// What threw: a directory that goes while it is listed, as those of cgroups and of processes do.
TEST_F(DirectoryTest, ADirectoryThatWasRemovedIsEmpty)
{
    stdfs::create_directories(at_);
    const UniqueFd fd(::open(at_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    stdfs::remove(at_);
    const auto names = names_in(fd.get(), "it");
    EXPECT_TRUE(!names || names->empty());
}

TEST_F(DirectoryTest, NothingIsAbsoluteInAWorkingDirectoryThatWasRemoved)
{
    EXPECT_EQ(absolute_path("x"), stdfs::current_path() / "x");
    EXPECT_EQ(absolute_path("/x"), "/x");
    EXPECT_EQ(absolute_path(""), "");
    const auto before = stdfs::current_path();
    stdfs::create_directories(at_);
    stdfs::current_path(at_);
    stdfs::remove(at_);
    EXPECT_EQ(absolute_path("x"), "x");
    EXPECT_EQ(absolute_path("/x"), "/x");
    stdfs::current_path(before);
}

TEST_F(DirectoryTest, TheDirectoryForTemporaryFilesMustBeThere)
{
    const auto* const before = std::getenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe): no threads here
    const std::string kept = before == nullptr ? "" : before;
    ::setenv("TMPDIR", at_.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
    EXPECT_THAT(temporary_directory().error().message, HasSubstr("TMPDIR"));
    stdfs::create_directories(at_);
    EXPECT_EQ(temporary_directory().value(), at_);
    if (before == nullptr)
        ::unsetenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe)
    else
        ::setenv("TMPDIR", kept.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
}

TEST_F(DirectoryTest, ATreeThatIsMissingIsAnErrorOfItsWalk)
{
    EXPECT_THAT(walk_tree(at_).error().message, HasSubstr("cannot read the directory " + at_.string()));
}

} // namespace
} // namespace sf::util
