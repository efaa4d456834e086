// The rules of `gc` for what is no package (garbage.cpp has those for packages). Private to `app`.
#pragma once

#include "app/upkeep/sweep.hpp"
#include "store/database.hpp"
#include "util/files/sha256.hpp"

#include <set>

namespace sf::app {

/// Transfers that were not taken up again, and archives over the budget.
[[nodiscard]] util::Status drop_sources(Sweep& sweep);
/// Logs that are too old, and those over the budget.
[[nodiscard]] util::Status drop_logs(Sweep& sweep);
/// Objects of compiler caches over the budget, and the cache that all packages shared in earlier versions.
[[nodiscard]] util::Status drop_compiler_caches(Sweep& sweep);

/// What is known of packages when images are looked at, by key.
struct PackageKeys {
    const std::set<util::Digest>& kept;    ///< kept builds and pins need them
    const std::set<util::Digest>& dropped; ///< they go
};
/// Transfers that were not taken up again, what killed runs left, images that a recipe no longer describes and that no
/// package is left of, and images over the budget. An image that a kept package was built in stays, as does an imported
/// one, which cannot be made again.
[[nodiscard]] util::Status drop_images(Sweep& sweep, store::Database& database, const PackageKeys& packages);

} // namespace sf::app
