#include "deploy/channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace sf::deploy {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Channel> shell(const std::string& script, std::chrono::seconds stall = std::chrono::seconds(60),
                               const util::StopToken& stop = {})
{
    auto channel = Channel::start({{"sh", "-c", script}, stall, stop}).value();
    channel->expect(std::uint64_t{8} << 20U);
    return channel;
}

TEST(ChannelTest, LinesAndBytes)
{
    const auto channel = shell("read -r line; echo \"got $line\"; printf 12345; echo; head -c 3; echo .");
    ASSERT_TRUE(channel->send("a word\n"));
    EXPECT_EQ(channel->read_line().value(), "got a word");
    EXPECT_EQ(channel->read_bytes(3).value(), "123");
    EXPECT_EQ(channel->read_line().value(), "45");
    ASSERT_TRUE(channel->send("xyz"));
    EXPECT_EQ(channel->read_line().value(), "xyz.");
    EXPECT_EQ(channel->sent(), 10U);
}

TEST(ChannelTest, NeitherSideWaitsForTheOther)
{
    const std::string much(std::size_t{4} << 20U, 'x');
    const auto channel = shell("cat"); // answers while it is being sent to
    ASSERT_TRUE(channel->send(much + "\n"));
    EXPECT_EQ(channel->read_bytes(much.size()).value(), much);
}

TEST(ChannelTest, TheReasonIsTheLastLineOfStandardError)
{
    const auto channel = shell("echo first >&2; echo 'the reason' >&2; echo >&2; exit 3");
    const auto line = channel->read_line();
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().code, util::ErrorCode::deploy);
    EXPECT_EQ(line.error().message, "the reason");
    EXPECT_THAT(shell("exit 3")->read_line().error().message, HasSubstr("'sh' with status 3"));
}

TEST(ChannelTest, AnAnswerBeforeTheEndIsRead)
{
    const auto channel = shell("echo no; exit 0");
    ASSERT_TRUE(channel->send(std::string(std::size_t{4} << 20U, 'x'))); // nobody takes it
    EXPECT_EQ(channel->read_line().value(), "no");
    EXPECT_FALSE(channel->read_line());
}

TEST(ChannelTest, NothingMoves)
{
    const auto channel = shell("sleep 100", std::chrono::seconds(1));
    const auto line = channel->read_line();
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().message, "nothing moved for 1 s");
}

TEST(ChannelTest, WhatPrintsForEverIsGivenUpAllTheSame)
{
    const auto channel = shell("while :; do echo hello; sleep 0.1; done", std::chrono::seconds(1));
    const auto start = std::chrono::steady_clock::now();
    auto line = channel->read_line();
    while (line)
        line = channel->read_line();
    EXPECT_EQ(line.error().message, "no answer within 1 s");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
    // The same on standard error, and of a line that does not end.
    EXPECT_EQ(
        shell("while :; do echo hello >&2; sleep 0.1; done", std::chrono::seconds(1))->read_line().error().message,
        "no answer within 1 s");
    EXPECT_EQ(shell("while :; do printf x; sleep 0.1; done", std::chrono::seconds(1))->read_line().error().message,
              "no answer within 1 s");
}

TEST(ChannelTest, OfAFloodNoMoreIsTakenThanIsExpected)
{
    for (const auto* script : {"yes", "yes >&2", "cat /dev/zero", "cat /dev/zero >&2"}) {
        const auto channel = shell(script);
        channel->expect(std::uint64_t{48} << 10U);
        auto line = channel->read_line();
        while (line)
            line = channel->read_line();
        EXPECT_THAT(line.error().message, HasSubstr("it printed more than 48.0 KiB")) << script;
    }
    // Also while it is sent to and takes nothing.
    EXPECT_THAT(shell("yes")->send(std::string(std::size_t{16} << 20U, 'x')).error().message,
                HasSubstr("it printed more than 8.0 MiB"));
    EXPECT_EQ(shell("cat /dev/zero")->read_line().error().message, "the answer is not a line of text");
}

TEST(ChannelTest, WhatTakesAByteNowAndThenIsGivenUp)
{
    const auto channel = shell("while :; do head -c 1 >/dev/null; sleep 0.1; done", std::chrono::seconds(1));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(channel->send(std::string(std::size_t{16} << 20U, 'x')));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(ChannelTest, WhatMovesMayTakeItsTime)
{
    // 1 MiB in 4 s, both ways, where nothing may stand still for two.
    const auto channel = shell("for i in $(seq 32); do head -c 32768; sleep 0.125; done", std::chrono::seconds(2));
    const std::string much(std::size_t{1} << 20U, 'x');
    ASSERT_TRUE(channel->send(much));
    const auto back = channel->read_bytes(much.size());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, much);
}

TEST(ChannelTest, TheReasonIsForPeopleNotForTheirTerminals)
{
    const auto line = shell("printf '\\033[31mred\\007 %01000d' 1 >&2; exit 1")->read_line();
    EXPECT_EQ(line.error().message.substr(0, 9), " [31mred ");
    EXPECT_EQ(line.error().message.size(), 300U);
}

TEST(ChannelTest, AStopEndsIt)
{
    const auto source = *util::StopSource::make();
    const auto channel = shell("sleep 100", std::chrono::seconds(60), source.token());
    std::thread stopper([&source] { source.request_stop(); });
    const auto line = channel->read_line();
    stopper.join();
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().code, util::ErrorCode::interrupted);
}

} // namespace
} // namespace sf::deploy
