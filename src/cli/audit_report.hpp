// What `audit` says, as text and as JSON.
#pragma once

#include "app/cluster/host_audit.hpp"

#include <string>
#include <vector>

namespace sf::cli {

/// "audit: 0 known holes open, 26 patched".
[[nodiscard]] std::string audit_line(const app::Audit& audit);

/// `all`: patched holes and those of code that is left out get a line each, too.
void print_audits(const std::vector<app::AuditedFile>& files, bool all);
void print_audits_json(const std::vector<app::AuditedFile>& files);
void print_hosts_audit(const app::HostsAudit& audit, bool all);
void print_hosts_audit_json(const app::HostsAudit& audit);

} // namespace sf::cli
