// Logs below ROOT/logs, claimed against concurrent removal.
#pragma once

#include "site/site.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/files/claim.hpp"

#include <string>

namespace sf::site {

/// Logs may only be removed through these.
[[nodiscard]] util::Claims log_claims(const Site& site);

/// Starts the log of that name again, and claims it: open for reading and for appending. It stays while this process is
/// present (app/presence.hpp).
[[nodiscard]] util::Result<util::UniqueFd> begin_log(const Site& site, const std::string& name);

} // namespace sf::site
