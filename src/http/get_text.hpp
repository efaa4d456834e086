// A text of bounded size from a server.
#pragma once

#include "http/request.hpp"
#include "http/retry.hpp"
#include "util/stop.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace sf::http {

struct TextLimits {
    std::size_t bytes = 0;
    std::chrono::seconds longest{120}; ///< for one try, however steadily the bytes come
};

struct Text {
    std::string body;
    std::string link; ///< the first header of that name (http/link.hpp); empty: there is none
};

/// The body of an answer of success. Failures of code verify: it is larger, or takes longer, than the limits.
[[nodiscard]] tl::expected<Text, Failure> get_text(const Request& request, const Timing& timing, const Retry& retry,
                                                   const TextLimits& limits, const util::StopToken& stop);

} // namespace sf::http
