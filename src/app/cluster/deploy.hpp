// `deploy`, `rollback` and `status`.
#pragma once

#include "app/session/session.hpp"
#include "deploy/deployment.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// Which hosts, as the command line says it.
struct HostOptions {
    std::optional<std::string> hosts;                ///< a hostlist
    std::optional<std::filesystem::path> hosts_file; ///< "-": standard input
    bool from_slurm = false;                         ///< the nodes that sinfo(1) names
    std::filesystem::path prefix;
    std::string ssh = "ssh";
    std::vector<std::string> ssh_options;
    unsigned fanout = 32;
    unsigned timeout_seconds = 120;
    unsigned retries = 0;
};

struct ActivationOptions {
    std::string roles = "all";          ///< names with commas between
    std::vector<std::string> installed; ///< ROLE=VERSION
    std::optional<std::string> cluster_version;
    bool force = false;
    bool dry_run = false;
};

struct DeployReport {
    std::string version;         ///< its name below PREFIX/versions
    std::uint64_t bytes = 0;     ///< of the tarball
    std::string no_delta_reason; ///< why whole tarballs were sent although a delta was asked for; empty otherwise
    deploy::DeploymentReport report;
};

/// Errors: usage for hosts, prefix, roles or versions that are none; else those of deploy::deploy() and read_archive().
[[nodiscard]] util::Result<DeployReport> deploy_bundle(const Session& session, const std::filesystem::path& bundle,
                                                       const HostOptions& hosts, const ActivationOptions& activation,
                                                       const deploy::DeployOptions& options);
[[nodiscard]] util::Result<deploy::DeploymentReport> roll_back(const Session& session, const HostOptions& hosts,
                                                               const ActivationOptions& activation);
[[nodiscard]] util::Result<std::vector<deploy::HostStatus>> deployed_status(const Session& session,
                                                                            const HostOptions& hosts);

[[nodiscard]] util::Result<deploy::Manifests> deployed_manifests(const Session& session, const HostOptions& hosts);

} // namespace sf::app
