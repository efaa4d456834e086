// `slurm-factory doctor`: what of this host stands in the way of builds.
#pragma once

#include "app/context.hpp"

#include <string>
#include <vector>

namespace sf::app {

struct Finding {
    /// The names are those of the JSON document.
    enum class State { ok, note, warning, fault }; ///< `note`: something is not there, and need not be
    State state = State::ok;
    std::string subject; ///< "disk", "backend oci (crun)"
    std::string text;
    std::string fix; ///< what to do about it; empty where nothing is to be done
};

/// Looks at the user's rights, the backends (each runs something), limits, memory, space and leftovers. Changes nothing
/// but for ROOT, which it makes when it is not there.
[[nodiscard]] std::vector<Finding> examine(const Context& context);

} // namespace sf::app
