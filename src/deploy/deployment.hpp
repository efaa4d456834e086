// Rolling a version out, back, and looking at what is there.
#pragma once

#include "deploy/archive.hpp"
#include "deploy/node.hpp"
#include "deploy/plan.hpp"
#include "event/event.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sf::deploy {

/// Which hosts, and how they are reached.
struct Targets {
    std::vector<std::string> hosts; ///< empty: this one, without ssh
    std::string prefix;             ///< absolute
    Transport transport;
    unsigned fanout = 32;
    unsigned retries = 0;
};

/// What is to become of the links.
struct Activation {
    std::optional<std::vector<Role>> roles;
    Stated stated;
    bool force = false; ///< whether the rules are only reported
    bool dry_run = false;
};

struct DeployOptions {
    bool activate = true;
    bool delta = false;
    std::optional<std::size_t> keep; ///< versions without use that stay; nullopt: all
};

/// What was done, or what a dry run would do.
struct HostResult {
    std::string host;
    HostPlan plan;
    std::string failure;              ///< empty: done
    std::uint64_t bytes = 0;          ///< sent for the version
    bool delta = false;               ///< whether packages that the host has are left out of what is sent
    std::vector<std::string> removed; ///< old versions
    double seconds = 0;
};

struct DeploymentReport {
    std::vector<HostResult> hosts; ///< in the order they were named
    std::vector<Violation> forced; ///< rules that were overridden
    [[nodiscard]] std::size_t failures() const;
};

/// Every host is asked what it has, then the rules are checked over all answers, then the hosts are served. One that
/// fails is in the report and does not hold up the others. Errors: conflict for what the rules forbid; interrupted,
/// after which each host has the new version whole or not at all, and each link one version or the other.
[[nodiscard]] util::Result<DeploymentReport> deploy(const Archive& archive, const Targets& targets,
                                                    const Activation& activation, const DeployOptions& options,
                                                    event::Sink& events, const util::StopToken& stop);

/// Points links back to what they named before.
[[nodiscard]] util::Result<DeploymentReport> roll_back(const Targets& targets, const Activation& activation,
                                                       event::Sink& events, const util::StopToken& stop);

struct HostStatus {
    std::string host;
    HostState state;
    std::string failure; ///< empty: it answered
};

[[nodiscard]] util::Result<std::vector<HostStatus>> read_status(const Targets& targets, event::Sink& events,
                                                                const util::StopToken& stop);

/// The manifests of what is installed on a host, by version; nobody has looked at them.
struct HostManifests {
    std::string host;
    HostState state;
    std::map<std::string, const std::string*> manifests; ///< in Manifests::texts
    std::string failure;                                 ///< empty: it answered
};
struct Manifests {
    std::vector<HostManifests> hosts;
    std::set<std::string> texts; ///< each once, as most hosts have the same
};

/// What read_status() asks, and the manifests, over the same connections.
[[nodiscard]] util::Result<Manifests> read_manifests(const Targets& targets, event::Sink& events,
                                                     const util::StopToken& stop);

} // namespace sf::deploy
