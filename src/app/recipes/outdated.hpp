// `slurm-factory recipe outdated`
#pragma once

#include "app/session/session.hpp"
#include "spec/version.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sf::app {

enum class Currency {
    current,  ///< the recipe has the newest version that was found
    outdated, ///< there is a newer one, or a newer revision of the patches that it uses
    unknown,  ///< nobody could be asked
};

/// The newest versions of a package, or of one of its series.
struct NewestVersions {
    std::string package;
    std::string series; ///< empty: of the package
    std::optional<spec::Version> recipe;
    std::optional<spec::Version> upstream;
    std::optional<spec::Version> distribution;
    std::string suite; ///< of the distribution's version
    Currency currency = Currency::unknown;
    std::string note; ///< why it is outdated, where the versions do not say it
};

/// A question that got no answer, and why.
struct Unanswered {
    std::string package; ///< empty: all of them
    std::string reason;
};

struct OutdatedReport {
    std::vector<NewestVersions> rows;
    std::vector<Unanswered> unanswered;
    unsigned current = 0;  ///< packages that are current in all their series
    unsigned compared = 0; ///< packages that could be compared with something
};

/// Compares the newest versions of recipes (of `packages`; none: of all that have sources) with those that projects
/// publish and the distribution has. Who cannot be asked is noted, and the others are. Errors: usage for a package
/// without a recipe; interrupted.
[[nodiscard]] util::Result<OutdatedReport> find_outdated(const Session& session,
                                                         const std::vector<std::string>& packages);

} // namespace sf::app
