#include "util/threads.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <stdexcept>
#include <string>

namespace sf::util {
namespace {

using testing::HasSubstr;

TEST(Threads, WhatIsThrownBecomesAnError)
{
    EXPECT_EQ(guarded([]() -> Result<int> { return 3; }).value(), 3);
    EXPECT_EQ(guarded([]() -> Status { return fail(ErrorCode::source, "no"); }).error().code, ErrorCode::source);
    const auto text = guarded([]() -> Status { throw std::runtime_error("odd"); });
    EXPECT_EQ(text.error().message, "internal error: odd");
    const auto memory = guarded([]() -> Result<std::string> { throw std::bad_alloc(); });
    EXPECT_EQ(memory.error().code, ErrorCode::failure);
    EXPECT_EQ(memory.error().message, "out of memory");
}

TEST(Threads, EachItemIsDoneOnce)
{
    for (const std::size_t most : {0, 1, 4, 100}) {
        std::vector<std::atomic<int>> done(50);
        in_threads(most, done.size(), [&](std::size_t item) { ++done[item]; });
        for (const auto& times : done)
            EXPECT_EQ(times, 1) << most;
    }
    in_threads(4, 0, [](std::size_t /*item*/) { FAIL(); });
}

TEST(Threads, AnExceptionReachesTheCallerAndNoOtherItemBegins)
{
    std::atomic<std::size_t> done = 0;
    const auto work = [&](std::size_t item) {
        if (item == 3)
            throw std::runtime_error("the third");
        ++done;
    };
    EXPECT_THROW(in_threads(4, 1'000'000, work), std::runtime_error);
    EXPECT_LT(done, 1'000'000U);
}

TEST(Threads, AnErrorIsTheResultAndNoOtherItemBegins)
{
    std::atomic<std::size_t> done = 0;
    const auto work = [&](std::size_t item) -> Status {
        if (item == 3)
            return fail(ErrorCode::source, "the third");
        ++done;
        return {};
    };
    const auto status = try_in_threads(4, 1'000'000, work);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message, "the third");
    EXPECT_LT(done, 1'000'000U);
    EXPECT_TRUE(try_in_threads(4, 3, work));
}

TEST(Threads, WithoutMoreThreadsTheCallerDoesAllOfIt)
{
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer itself needs address space";
#endif
    // In a process of its own: no address space is left for the stack of a thread, and nothing else limits root.
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const rlimit none{1, 1};
        ::setrlimit(RLIMIT_AS, &none);
        std::atomic<std::size_t> done = 0;
        in_threads(4, 10, [&](std::size_t /*item*/) { ++done; });
        ::_exit(done == 10 ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

} // namespace
} // namespace sf::util
