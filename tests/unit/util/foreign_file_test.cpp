#include "util/files/foreign_file.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/files/private_copy.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace {

namespace stdfs = std::filesystem;
using namespace sf;
using testing::ElementsAre;
using testing::HasSubstr;

class ForeignFile : public testing::Test {
protected:
    util::TempDir top = util::TempDir::make(stdfs::temp_directory_path(), "foreign").value();
    stdfs::path file = top.path() / "file";
};

TEST_F(ForeignFile, IsReadUpToABound)
{
    ASSERT_TRUE(util::write_file_atomic(file, "12345"));
    EXPECT_EQ(util::read_foreign_file(file, 5), "12345");
    EXPECT_THAT(util::read_foreign_file(file, 4).error().message, HasSubstr("is larger than 4 B"));
    EXPECT_EQ(util::read_foreign_start(file, 2), "12");
    EXPECT_EQ(util::read_foreign_start(file, 9), "12345");
    EXPECT_EQ(util::read_foreign_tail(file, 2), "45");
    EXPECT_EQ(util::read_tail(util::open_foreign_file(file)->get(), 3, "it"), "345");
    EXPECT_EQ(util::read_foreign_tail(file, 9), "12345");
}

TEST_F(ForeignFile, MayNotBeALinkAFifoADeviceOrADirectory)
{
    stdfs::create_symlink("/dev/zero", top.path() / "link");
    ASSERT_EQ(::mkfifo((top.path() / "fifo").c_str(), 0600), 0);
    EXPECT_THAT(util::read_foreign_file(top.path() / "link", 9).error().message, HasSubstr("is a symbolic link"));
    EXPECT_THAT(util::read_foreign_file(top.path() / "fifo", 9).error().message, HasSubstr("not a regular file"));
    EXPECT_THAT(util::read_foreign_file("/dev/zero", 9).error().message, HasSubstr("not a regular file"));
    EXPECT_THAT(util::read_foreign_tail(top.path(), 9).error().message, HasSubstr("not a regular file"));
    EXPECT_THAT(util::read_foreign_file(file, 9).error().message, HasSubstr("No such file"));
}

TEST_F(ForeignFile, OfHolesTakesNoMemory)
{
    ASSERT_TRUE(util::write_file_atomic(file, ""));
    constexpr off_t sixty_gigabytes = off_t{60} << 30U;
    ASSERT_EQ(::truncate(file.c_str(), sixty_gigabytes), 0);
    EXPECT_THAT(util::read_foreign_file(file, 1024).error().message, HasSubstr("is larger than"));
    EXPECT_EQ(util::read_foreign_tail(file, 3), std::string(3, '\0'));
}

TEST_F(ForeignFile, ThatTheUserNamedMayBeALinkOrAPipe)
{
    ASSERT_TRUE(util::write_file_atomic(file, "12345"));
    stdfs::create_symlink(file, top.path() / "link");
    EXPECT_EQ(util::read_named_file(top.path() / "link", 5), "12345");
    EXPECT_THAT(util::read_named_file(top.path() / "link", 4).error().message, HasSubstr("is larger than 4 B"));
    EXPECT_THAT(util::read_named_file("/dev/zero", 9).error().message, HasSubstr("is larger than 9 B"));
    EXPECT_FALSE(util::read_named_file(top.path(), 9));
    const auto fifo = top.path() / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_EQ(util::read_named_file(fifo, 9), "") << "nobody writes to it";
    std::thread writer;
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    writer = std::thread([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        EXPECT_EQ(::write(ends[1], "late", 4), 4);
        ::close(ends[1]);
    });
    EXPECT_EQ(util::read_named_file("/proc/self/fd/" + std::to_string(ends[0]), 9), "late");
    writer.join();
    ::close(ends[0]);
}

TEST_F(ForeignFile, MayBeAPipeWhereTheUserNamesIt)
{
    const util::StopToken stop;
    ASSERT_TRUE(util::write_file_atomic(file, "12345"));
    const auto regular = util::open_file(file, O_RDONLY).value();
    EXPECT_EQ(util::read_stream(regular.get(), 5, "it", stop), "12345");
    const auto zero = util::open_file("/dev/zero", O_RDONLY).value();
    EXPECT_EQ(util::read_stream(zero.get(), 1024, "it", stop).error().message, "it is larger than 1.0 KiB");
    ASSERT_EQ(::mkfifo((top.path() / "fifo").c_str(), 0600), 0);
    const auto reader = util::open_file(top.path() / "fifo", O_RDONLY | O_NONBLOCK).value();
    const auto stopped = util::StopSource::make().value();
    stopped.request_stop();
    EXPECT_EQ(util::read_stream(reader.get(), 9, "it", stopped.token()).error().code, util::ErrorCode::interrupted);
    std::thread writer(
        [this] { EXPECT_TRUE(util::write_all(util::open_file(top.path() / "fifo", O_WRONLY)->get(), "1")); });
    EXPECT_EQ(util::read_stream(reader.get(), 9, "it", stop), "1");
    writer.join();
}

TEST_F(ForeignFile, IsCopiedToWhereNobodyChangesIt)
{
    ASSERT_TRUE(util::write_file_atomic(file, "before"));
    const auto copy = util::copy_privately(file);
    ASSERT_TRUE(copy) << util::to_string(copy.error());
    const auto original = util::open_file(file, O_WRONLY | O_TRUNC).value();
    ASSERT_TRUE(util::write_all(original.get(), "later!"));
    EXPECT_EQ(copy->text(), "before");
    stdfs::create_symlink("file", top.path() / "link");
    EXPECT_EQ(util::copy_privately(top.path() / "link")->text(), "later!");
    ASSERT_EQ(::mkfifo((top.path() / "fifo").c_str(), 0600), 0);
    EXPECT_THAT(util::copy_privately(top.path() / "fifo").error().message, HasSubstr("is not a regular file"));
    EXPECT_THAT(util::copy_privately("/dev/zero").error().message, HasSubstr("is not a regular file"));
    EXPECT_THAT(util::copy_privately(top.path() / "none").error().message, HasSubstr("No such file"));
}

TEST_F(ForeignFile, IsListedWithoutExceptions)
{
    stdfs::create_directory(top.path() / "b");
    ASSERT_TRUE(util::write_file_atomic(top.path() / "a", ""));
    EXPECT_THAT(*util::names_in(top.path()), ElementsAre("a", "b"));
    EXPECT_THAT(*util::paths_in(top.path()), ElementsAre(top.path() / "a", top.path() / "b"));
    EXPECT_THAT(*util::names_in(top.path() / "none"), ElementsAre());
    EXPECT_THAT(util::names_in(top.path() / "a").error().message, HasSubstr("Not a directory"));
}

} // namespace
