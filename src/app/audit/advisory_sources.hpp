// Advisories of a site: files, directories and what servers have.
#pragma once

#include "advisory/advisory.hpp"
#include "app/audit/audit.hpp"

namespace sf::app {

/// Adds what the options and the configuration name. What a server has is kept below ROOT/cache/advisories and asked
/// for again after a day; when it does not answer what is kept will do, unless it is too old. Warns of files that are
/// older than they may be. Errors: usage for a place that is not there; recipe for what is no advisory; source for a
/// server.
[[nodiscard]] util::Status add_advisories(const Session& session, const AuditOptions& options,
                                          const advisory::DebianNames& names, advisory::Set& set);

} // namespace sf::app
