#include "http/probe.hpp"

#include <gtest/gtest.h>

namespace sf::http {
namespace {

std::optional<std::time_t> seconds_of(std::string_view date)
{
    const auto time = parse_http_date(date);
    return time ? std::optional(std::chrono::system_clock::to_time_t(*time)) : std::nullopt;
}

TEST(HttpDate, IsReadAsUniversalTime)
{
    EXPECT_EQ(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    EXPECT_EQ(seconds_of("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
}

TEST(HttpDate, RefusesWhatIsNone)
{
    for (const char* text : {"", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT+1",
                             "Sun, 06 Non 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"})
        EXPECT_EQ(seconds_of(text), std::nullopt) << text;
}

TEST(Probe, SaysThatNobodyAnswers)
{
    const auto nobody = probe("http://127.0.0.1:1/file", {}, {});
    ASSERT_FALSE(nobody);
    EXPECT_TRUE(nobody.error().unreachable);
}

} // namespace
} // namespace sf::http
