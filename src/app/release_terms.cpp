#include "app/release_terms.hpp"

#include <cstdlib>

namespace sf::app {

releases::Terms release_terms(const site::Site& site)
{
    releases::Terms terms;
    terms.timing.connect_timeout = site.network.connect_timeout;
    terms.timing.stall_timeout = site.network.stall_timeout;
    terms.retry.retries = site.network.retries;
    if (const char* token = std::getenv("GITHUB_TOKEN"); token != nullptr) // NOLINT(concurrency-mt-unsafe)
        terms.github_token = token;
    return terms;
}

} // namespace sf::app
