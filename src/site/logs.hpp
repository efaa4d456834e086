// Logs below ROOT/logs, among those who write them and those who remove them.
#pragma once

#include "site/site.hpp"
#include "util/claim.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"

#include <string>

namespace sf::site {

/// Whoever removes logs does it through these.
[[nodiscard]] util::Claims log_claims(const Site& site);

/// Begins the log of that name anew, and claims it: open for reading and for appending. Whoever is present
/// (app/presence.hpp) keeps it.
[[nodiscard]] util::Result<util::UniqueFd> begin_log(const Site& site, const std::string& name);

} // namespace sf::site
