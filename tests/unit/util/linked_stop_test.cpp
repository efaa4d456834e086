#include "util/linked_stop.hpp"

#include <poll.h>

#include <gtest/gtest.h>

namespace sf::util {
namespace {

/// Waits for it; a stop that never comes fails by the test's time limit.
bool stopped(const StopToken& token)
{
    pollfd one = {token.fd(), POLLIN, 0};
    return ::poll(&one, 1, -1) == 1 && token.stop_requested();
}

TEST(LinkedStop, FollowsTheOuterOne)
{
    const auto outer = StopSource::make();
    ASSERT_TRUE(outer);
    const auto linked = LinkedStop::make(outer->token());
    ASSERT_TRUE(linked);
    EXPECT_FALSE((*linked)->token().stop_requested());
    outer->request_stop();
    EXPECT_TRUE(stopped((*linked)->token()));
}

TEST(LinkedStop, IsNotFollowed)
{
    const auto outer = StopSource::make();
    ASSERT_TRUE(outer);
    const auto linked = LinkedStop::make(outer->token());
    ASSERT_TRUE(linked);
    (*linked)->request_stop();
    EXPECT_TRUE(stopped((*linked)->token()));
    EXPECT_FALSE(outer->token().stop_requested());
}

TEST(LinkedStop, GoesWithoutAStop)
{
    EXPECT_TRUE(LinkedStop::make(StopToken())); // and its thread with it
}

} // namespace
} // namespace sf::util
