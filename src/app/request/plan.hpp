// `slurm-factory plan` and `slurm-factory spec`
#pragma once

#include "app/request/solving.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace sf::app {

enum class PlanFormat {
    list, ///< the steps in the order they can be built
    tree, ///< what needs what, from the requested package down
    json,
    dot, ///< Graphviz
    sh,  ///< the plain serial script of the same build
};

/// The solved request as text to be printed: what would be built or reused, why each package is there, and how long it
/// took the last time. Writes the lock file when a path for it is given.
[[nodiscard]] util::Result<std::string> describe_plan(const Session& session, const BuildRequest& request,
                                                      PlanFormat format,
                                                      const std::optional<std::filesystem::path>& lock_file);

} // namespace sf::app
