// Transfers side by side.
#pragma once

#include "site/site.hpp"
#include "util/error.hpp"

#include <cstddef>
#include <functional>

namespace sf::app {

/// Calls work(0) to work(count - 1) in as many threads as the site allows transfers; the first error ends it.
[[nodiscard]] util::Status in_parallel(const site::Site& site, std::size_t count,
                                       const std::function<util::Status(std::size_t)>& work);

} // namespace sf::app
