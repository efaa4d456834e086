// `slurm-factory build --check`
#pragma once

#include "app/request/solving.hpp"
#include "engine/recheck.hpp"

#include <set>
#include <string>
#include <vector>

namespace sf::app {

/// Builds what the store lacks, then the packages named (all where none is) once more, and compares the two results.
/// No bundle is written. Errors: those of a build; usage for a package that the build does not have.
[[nodiscard]] util::Result<std::vector<engine::Recheck>>
check_build(const Session& session, const BuildRequest& request, const std::set<std::string>& packages);

} // namespace sf::app
