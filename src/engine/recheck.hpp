// Building again what the store has, to see that it comes out the same.
#pragma once

#include "engine/engine.hpp"

#include <set>
#include <string>
#include <vector>

namespace sf::engine {

/// A file of a slice that two builds made differently.
struct FileDifference {
    std::string slice; ///< "run", "dev", "debug"
    std::string path;  ///< below the prefix
    std::string what;  ///< "only in the first build", "from byte 1234 of 5678: 41 42 43 / 41 00 43"
};

struct Recheck {
    std::string package;                     ///< "hwloc@2.12.0"
    std::vector<FileDifference> differences; ///< empty: the same bytes
};

/// Builds the packages named, all where none is, once more against the same dependencies, each in a directory of its
/// own with all the run's jobs, and compares. Every package of the plan must be in the store (`actions`, by step). The
/// store is not changed. Errors: those of a build; usage for a name that the plan does not have.
[[nodiscard]] util::Result<std::vector<Recheck>> recheck(const EngineContext& context, const plan::Plan& plan,
                                                         const std::vector<store::Action>& actions,
                                                         const std::set<std::string>& packages,
                                                         const util::StopToken& stop);

} // namespace sf::engine
