// `slurm-factory doctor`: finds what on this host, and on the servers that the site names, prevents builds.
#pragma once

#include "app/session/session.hpp"

#include <string>
#include <vector>

namespace sf::doctor {

struct Finding {
    /// The names are those of the JSON document.
    enum class State { ok, note, warning, fault }; ///< `note`: something is not there, and need not be
    State state = State::ok;
    std::string subject; ///< "disk", "backend oci (crun)"
    std::string text;
    std::string fix; ///< what to do about it; empty where nothing is to be done
};

/// Looks at the user's rights, memory, space, the clock, locks and leftovers, the backends (each runs something), and,
/// unless the site is offline, at the distribution's archive, mirrors and binary caches (each is asked for something,
/// some megabytes at most). Changes nothing but for ROOT, which it makes when it is not there. Error: interrupted.
[[nodiscard]] util::Result<std::vector<Finding>> examine(const app::Session& session);

} // namespace sf::doctor
