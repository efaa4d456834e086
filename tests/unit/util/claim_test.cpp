#include "util/files/claim.hpp"
#include "util/files/fs.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <thread>

namespace {

using namespace sf::util;
namespace fs = std::filesystem;

class ClaimsTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(make_directories(thing_));
        std::ofstream(thing_ / "file") << "x";
        make_old();
    }
    void make_old() { fs::last_write_time(thing_, fs::file_time_type::clock::now() - std::chrono::hours(1)); }

    static constexpr std::int64_t minute = 60;
    TempDir directory_ = *TempDir::make(fs::temp_directory_path(), "sf-test");
    fs::path thing_ = directory_.path() / "thing";
    Claims claims_ = Claims(directory_.path() / "lock");
    std::int64_t a_minute_ago_ = std::time(nullptr) - minute;
};

TEST_F(ClaimsTest, WhatWasClaimedSinceStays)
{
    ASSERT_EQ(claims_.claim({thing_}), true);
    EXPECT_EQ(claims_.remove(thing_, a_minute_ago_), false);
    EXPECT_TRUE(path_exists(thing_ / "file"));
}

TEST_F(ClaimsTest, WhatWasClaimedBeforeGoes)
{
    EXPECT_EQ(claims_.remove(thing_, a_minute_ago_), true);
    EXPECT_FALSE(path_exists(thing_));
    EXPECT_EQ(claims_.claim({thing_}), false) << "whoever needs it is told";
}

TEST_F(ClaimsTest, WhoRemovesAloneSparesNothing)
{
    ASSERT_EQ(claims_.claim({thing_}), true);
    EXPECT_EQ(claims_.remove(thing_, spare_nothing), true);
    EXPECT_FALSE(path_exists(thing_));
}

TEST_F(ClaimsTest, WhatIsBegunAnewIsClaimed)
{
    const auto file = thing_ / "file";
    for (const std::string before : {"x", ""}) {
        ASSERT_TRUE(write_file_atomic(file, before));
        fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
        const auto opened = claims_.create(file);
        ASSERT_TRUE(opened);
        EXPECT_EQ(fs::file_size(file), 0U);
        EXPECT_GE(claimed_at(file), a_minute_ago_) << "of \"" << before << "\"";
        EXPECT_EQ(claims_.remove(file, a_minute_ago_), false);
    }
}

TEST_F(ClaimsTest, WhatIsStillWrittenStays)
{
    const auto file = thing_ / "log";
    {
        const auto writer = claims_.create(file);
        ASSERT_TRUE(writer);
        const auto another = claims_.create(file);
        ASSERT_TRUE(another) << "two may write one log";
        fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
        EXPECT_EQ(claims_.remove(file, a_minute_ago_), false)
            << "each line gives it the time of a clock that was set back";
    }
    EXPECT_EQ(claims_.remove(file, a_minute_ago_), true);
}

TEST_F(ClaimsTest, AClaimNeverMakesThingsOlder)
{
    const auto in_an_hour = std::time(nullptr) + 60 * minute;
    fs::last_write_time(thing_, fs::file_time_type::clock::now() + std::chrono::hours(2));
    const auto before = claimed_at(thing_);
    ASSERT_EQ(claims_.claim({thing_}), true);
    EXPECT_EQ(claimed_at(thing_), before) << "somebody claimed it before the clock was set back";

    make_old();
    claim_no_earlier_than(in_an_hour);
    claim_no_earlier_than(a_minute_ago_);
    ASSERT_EQ(claims_.claim({thing_}), true);
    EXPECT_GE(claimed_at(thing_), in_an_hour);
    const auto opened = claims_.create(thing_ / "file");
    ASSERT_TRUE(opened);
    EXPECT_GE(claimed_at(thing_ / "file"), in_an_hour);
    EXPECT_EQ(claims_.remove(thing_, in_an_hour), false);
}

TEST_F(ClaimsTest, WhatIsNotThereIsNotRemoved)
{
    EXPECT_EQ(claims_.remove(directory_.path() / "other", spare_nothing), false);
    EXPECT_EQ(claimed_at(directory_.path() / "other"), 0);
}

TEST_F(ClaimsTest, AKilledRemovalIsFinishedByTheNext)
{
    ASSERT_TRUE(make_directories(directory_.path() / "removing-thing/left"));
    EXPECT_EQ(claims_.remove(thing_, a_minute_ago_), true);
    EXPECT_FALSE(path_exists(directory_.path() / "removing-thing"));
}

/// However the two meet, a thing that was claimed with success is there.
TEST_F(ClaimsTest, AClaimAndARemovalAtOnce)
{
    constexpr int rounds = 500;
    for (int round = 0; round < rounds; ++round) {
        ASSERT_TRUE(make_directories(thing_));
        make_old();
        std::atomic<bool> go = false;
        std::thread remover([&] {
            while (!go)
                std::this_thread::yield();
            EXPECT_TRUE(claims_.remove(thing_, a_minute_ago_));
        });
        go = true;
        const auto claimed = claims_.claim({thing_});
        EXPECT_TRUE(claimed);
        const bool there = path_exists(thing_);
        remover.join();
        ASSERT_TRUE(!*claimed || (there && path_exists(thing_))) << "round " << round;
    }
}

} // namespace
