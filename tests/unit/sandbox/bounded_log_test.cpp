#include "sandbox/bounded_log.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sf::sandbox {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class BoundedLogs : public ::testing::Test {
protected:
    BoundedLogs() : log_(*util::open_file(path_, O_RDWR | O_CREAT | O_APPEND)) {}

    [[nodiscard]] std::unique_ptr<BoundedLog> start(std::uint64_t most) const
    {
        auto started = BoundedLog::start(log_.get(), directory_.path() / "x.log", most);
        EXPECT_TRUE(started) << util::to_string(started.error());
        return std::move(*started);
    }
    [[nodiscard]] std::string text() const { return *util::read_file(path_); }

    util::TempDir directory_ = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-log");
    std::filesystem::path path_ = directory_.path() / "log";
    util::UniqueFd log_;
};

TEST_F(BoundedLogs, HaveWhatWasWritten)
{
    const auto log = start(1000);
    ASSERT_TRUE(util::write_all(log->fd(), "one\ntwo\n"));
    EXPECT_EQ(log->finish().left_out, 0U);
    EXPECT_EQ(text(), "one\ntwo\n");
    const auto again = start(1000);
    ASSERT_TRUE(util::write_all(again->fd(), "three\n"));
    again->finish();
    EXPECT_EQ(text(), "one\ntwo\nthree\n") << "a second job's output follows";
    EXPECT_FALSE(util::path_exists(directory_.path() / "x.log")) << "the pipe is gone";
}

TEST_F(BoundedLogs, KeepBeginningAndEndOfWhatIsTooLong)
{
    const auto log = start(1000);
    std::string much = "the beginning\n";
    for (int line = 0; line < 100'000; ++line)
        much += fmt::format("line {}\n", line);
    much += "the end\n";
    ASSERT_TRUE(util::write_all(log->fd(), much));
    const auto end = log->finish();
    const auto kept = text();
    EXPECT_LT(kept.size(), 1000 + 2 * BoundedLog::kept_at_end + 300);
    EXPECT_EQ(end.left_out, much.size() - 1000 - (kept.size() - kept.rfind("left out here\n") - 14));
    EXPECT_THAT(kept, StartsWith("the beginning\nline 0\n"));
    EXPECT_THAT(kept, HasSubstr("\nslurm-factory: this log has reached its limit of 1000 B;"));
    EXPECT_THAT(kept, HasSubstr(fmt::format("\nslurm-factory: {} bytes are left out here\n", end.left_out)));
    EXPECT_THAT(kept, EndsWith("line 99999\nthe end\n"));
}

TEST_F(BoundedLogs, KeepAllWithoutABound)
{
    const auto log = start(0);
    ASSERT_TRUE(util::write_all(log->fd(), std::string(3 << 20, 'x')));
    log->finish();
    EXPECT_EQ(text().size(), std::size_t{3} << 20U);
}

TEST_F(BoundedLogs, CannotBeCutOrStretchedByTheJob)
{
    ASSERT_TRUE(util::write_all(log_.get(), "before\n"));
    const auto log = start(1000);
    EXPECT_NE(::ftruncate(log->fd(), 0), 0);
    EXPECT_NE(::ftruncate(log->fd(), off_t{60} << 30), 0);
    EXPECT_LT(::lseek(log->fd(), 1000, SEEK_SET), 0);
    log->finish();
    EXPECT_EQ(text(), "before\n");
}

TEST_F(BoundedLogs, EndThoughSomebodyHoldsThePipe)
{
    const auto log = start(1000);
    const util::UniqueFd other(::dup(log->fd()));
    ASSERT_TRUE(util::write_all(log->fd(), "said\n"));
    log->finish();
    EXPECT_EQ(text(), "said\n");
}

TEST_F(BoundedLogs, SayWhenTheyCannotBeWritten)
{
    const auto full = *util::open_file("/dev/full", O_WRONLY);
    auto log = *BoundedLog::start(full.get(), directory_.path() / "x.log", 0);
    ASSERT_TRUE(util::write_all(log->fd(), "x"));
    EXPECT_EQ(log->finish().error, ENOSPC);
}

} // namespace
} // namespace sf::sandbox
