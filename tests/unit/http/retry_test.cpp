#include "http/retry.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sf::http {
namespace {

TEST(Retry, TheLastFailureKeepsItsStatus)
{
    constexpr long too_many = 429;
    const util::StopToken never;
    unsigned tries = 0;
    const auto done = with_retries({.retries = 1, .first_pause = std::chrono::milliseconds(1)}, never,
                                   [&tries]() -> tl::expected<int, Failure> {
                                       ++tries;
                                       return tl::unexpected(status_failure(too_many));
                                   });
    ASSERT_FALSE(done);
    EXPECT_EQ(tries, 2U);
    EXPECT_EQ(done.error().status, too_many);
    EXPECT_EQ(done.error().error.message, "HTTP status 429 (tried 2 times)");
}

} // namespace
} // namespace sf::http
