// `slurm-factory cache pull`
#pragma once

#include "app/request/request.hpp"
#include "app/session/session.hpp"

#include <string>
#include <vector>

namespace sf::app {

struct PullReport {
    unsigned pulled = 0;
    unsigned there = 0;               ///< the store had them
    std::vector<std::string> missing; ///< no remote has them, or what they need: "hwloc@2.12.0"
};

/// Takes every package of the build that the store lacks from the site's binary caches; builds nothing.
[[nodiscard]] util::Result<PullReport> pull(const Session& session, const BuildRequest& request);

} // namespace sf::app
