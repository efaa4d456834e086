// What `audit` says, as text and as JSON.
#pragma once

#include "app/audit.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sf::cli {

/// Files and what they have, in the order in which they were named.
using FileAudits = std::vector<std::pair<std::string, app::Audit>>;

/// "audit: 0 known holes open, 26 patched".
[[nodiscard]] std::string audit_line(const app::Audit& audit);

/// `all`: patched holes and those of code that is left out get a line each, too.
void print_audits(const FileAudits& audits, bool all);
void print_audits_json(const FileAudits& audits);
void print_hosts_audit(const app::HostsAudit& audit, bool all);
void print_hosts_audit_json(const app::HostsAudit& audit);

} // namespace sf::cli
