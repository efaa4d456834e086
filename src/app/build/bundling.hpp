// From the layers of a build to the files that ship.
#pragma once

#include "app/build/build.hpp"
#include "app/build/prepared_build.hpp"
#include "store/database.hpp"

#include <string>
#include <vector>

namespace sf::app {

/// Start of the names of a build's files: "slurm-24.11", with the image where it is not the usual one, and the suffix.
[[nodiscard]] std::string bundle_name(const SolvedRequest& solved, const std::string& suffix);

/// Writes what is not there yet of the bundle of a build and its lock file, and says in `report` what there is. Errors:
/// those of bundle::write_bundle(); conflict when two packages have the same file.
[[nodiscard]] util::Status make_bundle(const Session& session, PreparedBuild& prepared,
                                       const std::vector<store::Action>& actions, const BuildOptions& options,
                                       BuildReport& report);

} // namespace sf::app
