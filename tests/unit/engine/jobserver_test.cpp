#include "engine/package/jobserver.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

namespace {

using sf::engine::Jobserver;

unsigned free_tokens(Jobserver& server)
{
    unsigned count = 0;
    while (server.try_begin())
        ++count;
    return count;
}

char byte_of(const Jobserver& server)
{
    char token = 0;
    return ::read(server.open_ends()->read.get(), &token, 1) == 1 ? token : '\0';
}

TEST(Jobserver, GivesOutAsManyTokensAsItHas)
{
    auto server = *Jobserver::make(2);
    EXPECT_TRUE(server.try_begin());
    EXPECT_TRUE(server.try_begin());
    EXPECT_FALSE(server.try_begin());
    server.end();
    EXPECT_TRUE(server.try_begin());
}

TEST(Jobserver, TheLastPackagesEndMakesUpForLostTokens)
{
    auto server = *Jobserver::make(3);
    ASSERT_TRUE(server.try_begin());
    ASSERT_TRUE(server.try_begin());
    EXPECT_EQ(byte_of(server), '+'); // a make took it, and was killed
    server.end();
    EXPECT_EQ(free_tokens(server), 1U) << "while another package is being built it may still come back";
    server.end();
    server.end();
    EXPECT_EQ(free_tokens(server), 3U);
}

TEST(Jobserver, HoldsTokensBackAndGivesThemOutAgain)
{
    auto server = *Jobserver::make(4);
    ASSERT_TRUE(server.try_begin());
    EXPECT_EQ(server.limit_free(1), 2U);
    ASSERT_TRUE(server.try_begin());
    EXPECT_FALSE(server.try_begin());
    EXPECT_EQ(server.limit_free(0), 2U);
    EXPECT_FALSE(server.try_begin());
    EXPECT_EQ(server.limit_free(9), 0U);
    EXPECT_EQ(free_tokens(server), 2U);
}

TEST(Jobserver, OnePackageMayAlwaysBeBuilt)
{
    auto server = *Jobserver::make(4);
    EXPECT_EQ(server.limit_free(0), 3U);
    EXPECT_TRUE(server.try_begin());
    EXPECT_FALSE(server.try_begin());
    server.end();
    EXPECT_EQ(free_tokens(server), 4U);
}

TEST(Jobserver, CountsWhatIsInUse)
{
    auto server = *Jobserver::make(4);
    EXPECT_EQ(server.running(), 0U);
    ASSERT_TRUE(server.try_begin());
    EXPECT_EQ(server.running(), 1U);
    EXPECT_EQ(server.limit_free(1), 2U);
    EXPECT_EQ(server.running(), 1U) << "what is held back is not in use";
    server.end();
    EXPECT_EQ(server.running(), 0U);
}

TEST(Jobserver, ABuildThatFillsThePipeStopsNobody)
{
    auto server = *Jobserver::make(3);
    const auto ends = *server.open_ends();
    ASSERT_TRUE(server.try_begin());
    ASSERT_TRUE(server.try_begin());
    ASSERT_EQ(::fcntl(ends.write.get(), F_SETFL, O_NONBLOCK), 0);
    while (::write(ends.write.get(), "++++++++", 8) > 0) {
    }
    server.end();
    EXPECT_EQ(server.limit_free(3), 0U);
    EXPECT_EQ(free_tokens(server), 2U) << "those that were made up are gone";
}

TEST(Jobserver, ABuildChangesItsOwnEndsOnly)
{
    // O_NONBLOCK belongs to the open description, not to the pipe.
    const auto server = *Jobserver::make(1);
    const auto hostile = *server.open_ends();
    ASSERT_EQ(::fcntl(hostile.read.get(), F_SETFL, O_NONBLOCK), 0);
    EXPECT_EQ(::fcntl(server.open_ends()->read.get(), F_GETFL) & O_NONBLOCK, 0) << "make waits for a token";
}

} // namespace
