// How this site asks projects for releases.
#pragma once

#include "releases/ask.hpp"
#include "site/site.hpp"

namespace sf::app {

/// From the site's settings of the network, and GITHUB_TOKEN.
[[nodiscard]] releases::Terms release_terms(const site::Site& site);

} // namespace sf::app
