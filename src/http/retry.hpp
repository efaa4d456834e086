// Trying again what may pass.
#pragma once

#include "http/request.hpp"

#include <algorithm>
#include <chrono>

namespace sf::http {

struct Retry {
    unsigned retries = 3;                       ///< further tries after the first
    std::chrono::milliseconds first_pause{500}; ///< before the first retry; doubles for each further one, up to 8 s
};

/// Calls `attempt` until it succeeds, fails for good, or there were `retries` retries; its last result. `attempt`
/// returns a tl::expected<..., Failure>.
template <typename Attempt>
auto with_retries(const Retry& retry, const util::StopToken& stop, Attempt attempt) -> decltype(attempt())
{
    constexpr std::chrono::milliseconds longest_pause{8000};
    auto length = retry.first_pause;
    for (unsigned tries = 1;; ++tries) {
        auto result = attempt();
        if (result || !result.error().transient)
            return result;
        if (tries > retry.retries) {
            if (tries > 1)
                result.error().error.message += fmt::format(" (tried {} times)", tries);
            return result;
        }
        if (auto waited = util::pause(length, stop); !waited)
            return tl::unexpected(
                Failure{.error = std::move(waited).error(), .transient = false, .unreachable = false});
        length = std::min(length * 2, longest_pause);
    }
}

} // namespace sf::http
