// What is to be done on each host, and whether Slurm allows it. Pure.
#pragma once

#include "deploy/node.hpp"
#include "deploy/rules.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sf::deploy {

/// A link that changes.
struct Change {
    std::optional<std::string> from;
    std::string to;
    auto operator<=>(const Change&) const = default;
};

struct HostPlan {
    bool install = false;
    std::map<Role, Change> moves;
    std::string refusal; ///< why nothing can be done there; empty otherwise
    auto operator<=>(const HostPlan&) const = default;
};

/// A host that answered.
struct HostInfo {
    std::string host;
    HostState state;
};

/// Without roles: those whose links the host has, or all where it has none.
[[nodiscard]] HostPlan plan_deploy(const HostState& state, const std::string& version, bool activate,
                                   const std::optional<std::vector<Role>>& roles);

/// Without roles: all that have an earlier version.
[[nodiscard]] HostPlan plan_rollback(const HostState& state, const std::optional<std::vector<Role>>& roles);

/// What an administrator says of versions, over what the hosts say.
struct Stated {
    std::map<Role, std::vector<std::string>> roles; ///< versions that these have
    std::optional<std::string> others;              ///< of roles that move nowhere and are not among `roles`
};

/// What the plans are against. `plans` are in the order of the hosts. Of a role that does not move somewhere, the
/// versions are: those stated; else, where its daemon runs on some of these hosts, what runs and is linked there; else
/// what the links say. A role that moves goes from what its link says, and from what runs.
[[nodiscard]] std::vector<Violation> violations(const std::vector<HostInfo>& hosts, const std::vector<HostPlan>& plans,
                                                const Stated& stated);

/// What the host has once the plan for this version is carried out; processes stay as they are.
[[nodiscard]] HostState state_after(HostState state, const HostPlan& plan, const std::string& version);

/// Versions that nothing needs, without the `keep` newest of them and without `spared`.
[[nodiscard]] std::vector<std::string> removable(const HostState& state, std::size_t keep, const std::string& spared);

} // namespace sf::deploy
