// `audit --hosts`: the known holes of what hosts have installed.
#pragma once

#include "app/audit/audit.hpp"
#include "app/cluster/deploy.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sf::app {

/// What is installed in one version on some hosts.
struct AuditedVersion {
    std::string version; ///< its name below PREFIX/versions
    std::vector<std::string> hosts;
    std::vector<std::string> in_use; ///< those of them that run it, or whose link names it
    std::string fault;               ///< why its manifest cannot be read; empty: it was
    Audit audit;
};

struct HostsAudit {
    std::vector<AuditedVersion> versions;
    std::vector<std::pair<std::string, std::string>> failed; ///< host and reason
};

/// All that is installed on hosts.
[[nodiscard]] util::Result<HostsAudit> audit_hosts(const Session& session, const HostOptions& hosts,
                                                   const AuditOptions& options);

} // namespace sf::app
