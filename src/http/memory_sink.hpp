// A whole body in memory.
#pragma once

#include "http/request.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sf::http {

/// Keeps a body of bounded size. Too much is no accident, and asking again would bring it again: its errors are not of
/// code source, so that nobody tries again.
class MemorySink : public BodySink {
public:
    /// `longest`: time for all of it, from now on, however steadily it trickles.
    explicit MemorySink(std::size_t most, std::optional<std::chrono::seconds> longest = std::nullopt) :
        most_(most), longest_(longest)
    {
    }

    util::Status begin(const Exchange& answer) override { return check(answer.content_length().value_or(0)); }
    util::Status write(std::string_view bytes) override
    {
        SF_CHECK(check(body_.size() + bytes.size()));
        body_ += bytes;
        return {};
    }
    [[nodiscard]] std::string take() { return std::move(body_); }

private:
    [[nodiscard]] util::Status check(std::uint64_t size) const
    {
        if (size > most_)
            return util::fail(util::ErrorCode::verify,
                              fmt::format("the answer is larger than {}", util::human_bytes(most_)));
        if (longest_ && std::chrono::steady_clock::now() - start_ > *longest_)
            return util::fail(util::ErrorCode::verify,
                              fmt::format("the answer takes longer than {} s", longest_->count()));
        return {};
    }

    std::size_t most_;
    std::optional<std::chrono::seconds> longest_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::string body_;
};

} // namespace sf::http
