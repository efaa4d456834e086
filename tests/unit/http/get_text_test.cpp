#include "http/get_text.hpp"

#include "endless_server.hpp"

#include <gtest/gtest.h>

namespace sf::http {
namespace {

util::Error get(const std::string& head, const TextLimits& limits)
{
    const EndlessServer server("HTTP/1.1 200 OK\r\n" + head + "\r\n");
    const util::StopToken never;
    const auto text = get_text({.url = server.url()}, {}, {}, limits, never);
    return text ? util::Error{} : text.error().error;
}

TEST(GetText, WhatDoesNotEndIsRefusedOnce)
{
    using namespace std::chrono_literals;
    constexpr std::size_t most = std::size_t{1} << 20U;
    EXPECT_EQ(get("", {.bytes = most}).message, "the answer is larger than 1.0 MiB");
    EXPECT_EQ(get("Content-Length: 1048577\r\n", {.bytes = most}).message, "the answer is larger than 1.0 MiB");
    const auto late = get("", {.bytes = std::size_t{1} << 40U, .longest = 0s});
    EXPECT_EQ(late.message, "the answer takes longer than 0 s");
    EXPECT_EQ(late.code, util::ErrorCode::verify) << "not one to try again";
}

} // namespace
} // namespace sf::http
