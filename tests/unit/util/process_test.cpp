#include "util/process/process.hpp"
#include "util/stop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace {

using namespace sf::util;
using ::testing::HasSubstr;

TEST(Process, OutputAndExitCode)
{
    const auto result = run({{"sh", "-c", "echo out; echo err >&2; exit 3"}});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->exit_code, 3);
    EXPECT_EQ(result->output, "out\nerr\n");
}

TEST(Process, EnvironmentAndDirectory)
{
    Command command{{"sh", "-c", "echo $SF_TEST; pwd"}};
    command.environment_changes = {{"SF_TEST", "yes"}};
    command.directory = "/usr";
    EXPECT_EQ(run(command)->output, "yes\n/usr\n");
}

TEST(Process, MissingProgramIsNamed)
{
    const auto result = run({{"no-such-program-here"}});
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("no-such-program-here"));
}

TEST(Process, CheckedQuotesTheOutput)
{
    const auto result = run_checked({{"sh", "-c", "echo the reason; exit 1"}});
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("the reason"));
}

TEST(Process, TimeoutKillsTheWholeGroup)
{
    Command command{{"sh", "-c", "sleep 100 & sleep 100"}};
    command.timeout = std::chrono::seconds(1);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(run(command));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Process, StopEndsItAsInterrupted)
{
    const auto source = *StopSource::make();
    Command command{{"sleep", "100"}};
    command.stop = source.token();
    std::thread stopper([&source] { source.request_stop(); });
    const auto result = run(command);
    stopper.join();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::interrupted);
}

TEST(Process, AProgramThatClosedItsOutputIsStillBounded)
{
    Command command{{"sh", "-c", "exec >&- 2>&-; sleep 100"}};
    command.timeout = std::chrono::seconds(1);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(run(command));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Stop, ASignalRequestsIt)
{
    const auto source = *StopSource::make();
    EXPECT_TRUE(source.token().check());
    {
        const SignalGuard guard(source);
        std::raise(SIGTERM);
    }
    EXPECT_TRUE(source.token().stop_requested());
    EXPECT_EQ(source.token().check().error().code, ErrorCode::interrupted);
    EXPECT_FALSE(StopToken().stop_requested());
}

TEST(Stop, AnIgnoredHangupStaysIgnored)
{
    const auto source = *StopSource::make();
    const auto before = std::signal(SIGHUP, SIG_IGN);
    {
        const SignalGuard guard(source);
        std::raise(SIGHUP);
        EXPECT_FALSE(source.token().stop_requested());
    }
    EXPECT_EQ(std::signal(SIGHUP, before), SIG_IGN);
}

TEST(ErrorText, HasContextAndHint)
{
    const Error error = Error{ErrorCode::source, "no", "do this", {}}.with_context("fetching x");
    EXPECT_EQ(to_string(error), "no\n  while fetching x\nhint: do this");
    EXPECT_EQ(fail_errno(ENOSPC, "writing").value().code, ErrorCode::no_space);
    EXPECT_EQ(fail_errno(EACCES, "writing").value().code, ErrorCode::permission);
}

} // namespace
