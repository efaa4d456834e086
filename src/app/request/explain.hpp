// `slurm-factory explain`
#pragma once

#include "app/request/solving.hpp"
#include "plan/key.hpp"
#include "store/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// Why a package would be built, or would not.
struct Explanation {
    std::string id; ///< "hwloc@2.12.0"
    bool in_store = false;
    bool layers_gone = false; ///< it was built with this very key, and the store lost a layer of it
    /// Dependencies that must be built first: which layers they give is not known, so neither is the key.
    std::vector<std::string> waits_for;
    plan::KeyInputs inputs;                 ///< of its key; a dependency of `waits_for` has no digests
    std::optional<util::Digest> key;        ///< none while it waits
    std::optional<store::Action> other;     ///< the build that it is compared with: the one that is most like it
    std::vector<plan::InputChange> changes; ///< from that build's key to this one's
};

/// Compares the key of one package of the request with those of its earlier builds. Errors: usage (the request has no
/// such package), failure (the base image is not made, so no key is known), those of solve_request().
[[nodiscard]] util::Result<Explanation> explain(const Session& session, const BuildRequest& request,
                                                const std::string& package);

} // namespace sf::app
