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
    return Channel::start({{"sh", "-c", script}, stall, stop}).value();
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
