// How a server answers: one request for a file, of which no more is read than it takes to tell.
#pragma once

#include "http/request.hpp"
#include "util/stop.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sf::http {

struct ProbeLimits {
    std::uint64_t bytes = std::uint64_t{8} << 20U; ///< of the file
    std::chrono::seconds longest{3};               ///< from the first of them on
    std::chrono::seconds connect_timeout{5};       ///< also for the answer to begin
};

struct Probe {
    long status = 0;
    double answer_seconds = 0;   ///< until the answer began
    double transfer_seconds = 0; ///< from then on
    std::uint64_t bytes = 0;     ///< that came; none of an answer that is no success
    std::optional<std::chrono::system_clock::time_point> server_time; ///< by its header Date
};

/// A failure is one to get any answer. One of any status is a result.
[[nodiscard]] tl::expected<Probe, Failure> probe(const std::string& url, const ProbeLimits& limits,
                                                 const util::StopToken& stop);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7; its obsolete forms are not read).
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

} // namespace sf::http
