#include "util/files/lock_wait.hpp"
#include "util/files/mapped_file.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace sf::util::test {
namespace {

class LockWait : public ::testing::Test {
protected:
    TempDir directory_ = *TempDir::make(std::filesystem::temp_directory_path(), "lock-wait");
    std::filesystem::path file_ = directory_.path() / "deep" / "lock";
    StopSource source_ = *StopSource::make();
    int waits_ = 0;
};

TEST_F(LockWait, AFreeLockIsTakenWithoutWaiting)
{
    EXPECT_TRUE(wait_for_lock(file_, source_.token(), [this] { ++waits_; }));
    EXPECT_EQ(waits_, 0);
}

TEST_F(LockWait, AnothersIsWaitedForAndSaidOnce)
{
    auto held = wait_for_lock(file_, source_.token());
    ASSERT_TRUE(held);
    std::atomic<bool> waiting = false;
    std::thread owner([&] {
        while (!waiting)
            std::this_thread::yield();
        const auto released = std::move(*held);
    });
    EXPECT_TRUE(wait_for_lock(file_, source_.token(), [&] {
        ++waits_;
        waiting = true;
    }));
    owner.join();
    EXPECT_EQ(waits_, 1);
}

TEST_F(LockWait, AStopEndsTheWait)
{
    const auto held = wait_for_lock(file_, source_.token());
    ASSERT_TRUE(held);
    const auto refused = wait_for_lock(file_, source_.token(), [this] { source_.request_stop(); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::interrupted);
}

TEST(MappedFile, HasTheBytesOfTheFileAndNoneOfAnEmptyOne)
{
    const auto directory = *TempDir::make(std::filesystem::temp_directory_path(), "mapped");
    const auto file = directory.path() / "file";
    ASSERT_TRUE(write_file_atomic(file, ""));
    EXPECT_EQ(MappedFile::open(file)->text(), "");
    ASSERT_TRUE(write_file_atomic(file, "bytes"));
    EXPECT_EQ(MappedFile::open(file)->text(), "bytes");
    std::filesystem::create_symlink(file, directory.path() / "link");
    EXPECT_FALSE(MappedFile::open(directory.path() / "link"));
    EXPECT_FALSE(MappedFile::open(directory.path() / "missing"));
}

} // namespace
} // namespace sf::util::test
