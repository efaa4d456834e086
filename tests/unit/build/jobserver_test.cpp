#include "build/jobserver.hpp"
#include "util/process.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace {

using sf::build::Jobserver;

TEST(Jobserver, GivesOutAsManyTokensAsItHas)
{
    auto server = *Jobserver::make(2);
    EXPECT_TRUE(server.try_take());
    EXPECT_TRUE(server.try_take());
    EXPECT_FALSE(server.try_take());
    server.put();
    EXPECT_TRUE(server.try_take());
}

TEST(Jobserver, RefillMakesUpForLostAndSurplusTokens)
{
    auto server = *Jobserver::make(2);
    ASSERT_TRUE(server.try_take()); // lost
    server.refill();
    server.put(); // surplus
    server.refill();
    int count = 0;
    while (server.try_take())
        ++count;
    EXPECT_EQ(count, 2);
}

TEST(Jobserver, ItsOwnNonBlockingEndLeavesTheInheritedOneBlocking)
{
    // make relies on blocking reads; O_NONBLOCK belongs to the open description, not to the pipe.
    auto server = *Jobserver::make(1);
    ASSERT_TRUE(server.try_take());
    const auto flags = sf::util::run_checked(
        {{"sh", "-c", "cat /proc/" + std::to_string(::getpid()) + "/fdinfo/" + std::to_string(server.read_end())}});
    ASSERT_TRUE(flags);
    const auto at = flags->find("flags:");
    const auto value = std::stoul(flags->substr(at + 6), nullptr, 8);
    EXPECT_EQ(value & 04000U, 0U);
}

} // namespace
