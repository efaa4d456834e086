// Which known holes packages have: of a build, of a bundle, of hosts.
#pragma once

#include "advisory/advisory.hpp"
#include "app/session/session.hpp"
#include "manifest/manifest.hpp"
#include "plan/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// A hole that a package's version has, whether or not something closes it.
struct Hole {
    std::string id;
    std::string summary;
    std::string severity;
    advisory::State state = advisory::State::unknown;
    std::vector<std::string> patches; ///< that close it
    std::string fixed_in;             ///< the release that mends it; empty: the advisory knows none
    std::string recipe;               ///< the version of our recipe that mends it; empty: none does
    std::string reason;               ///< why it does not apply, or cannot be told
    std::string origin;               ///< the file or address that the advisory was read from
};

struct AuditedPackage {
    std::string name;
    std::string version;
    std::vector<Hole> holes; ///< sorted by id; without those that the version never had
};

struct Audit {
    std::vector<AuditedPackage> packages;
    /// How many holes of all packages are in this state.
    [[nodiscard]] std::size_t count(advisory::State state) const;
};

/// Where advisories come from, beside those that ship.
struct AuditOptions {
    std::vector<std::string> advisories; ///< files, directories, URLs; added to the site's
    std::optional<unsigned> oldest_days; ///< nullopt: the site's
};

/// What a file or a tree has.
struct AuditedFile {
    std::string path; ///< as it was named
    Audit audit;
};

/// The advisories that ship, of these packages.
[[nodiscard]] util::Result<advisory::Set> shipped_advisories(const std::vector<std::string>& packages);

/// What ships of a plan.
[[nodiscard]] Audit audit_plan(const plan::Plan& plan, const advisory::Set& advisories);

/// Software tarballs, trees of them, or manifests. Errors: usage for what is not there; verify for what is none;
/// recipe, source and usage of advisories.
[[nodiscard]] util::Result<std::vector<AuditedFile>>
audit_files(const Session& session, const std::vector<std::string>& paths, const AuditOptions& options);

/// The packages of manifests, by the advisories that ship and those of the site, with the versions of the recipes that
/// mend open holes; in the order of `manifests`. Errors: recipe, source and usage of advisories.
[[nodiscard]] util::Result<std::vector<Audit>>
audit_manifests(const Session& session, const std::vector<manifest::Manifest>& manifests, const AuditOptions& options);

} // namespace sf::app
