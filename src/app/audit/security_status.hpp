// The security of the versions that are built, as known today: who supports them, and which known holes they have.
#pragma once

#include "advisory/advisory.hpp"
#include "app/session/session.hpp"
#include "recipe/recipe_set.hpp"
#include "solve/solve.hpp"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace sf::app {

struct SecurityStatus {
    const recipe::Support* support = nullptr; ///< of the recipe; null if it does not mention the version
    bool past = false;                        ///< that support has ended
    std::vector<std::string> holes;           ///< known and not closed: "CVE-2026-65107"
    std::string without;                      ///< the best version of the recipe that has none, for one with holes
};

/// By package.
using SecurityStatuses = std::map<std::string, SecurityStatus>;

[[nodiscard]] std::chrono::sys_days today();

/// Of all recipes, the versions with holes that neither they nor the recipe's patches close.
[[nodiscard]] solve::Versions vulnerable_versions(const recipe::RecipeSet& recipes, const advisory::Set& advisories);

/// `own_source`: packages built from what the user brings, which a distribution's patches are not applied to.
[[nodiscard]] SecurityStatuses security_statuses(const solve::Solution& solution, const recipe::RecipeSet& recipes,
                                                 const advisory::Set& advisories,
                                                 const std::vector<std::string>& own_source,
                                                 std::chrono::sys_days today);

/// Sentences for people, those about the last package of the solution first: what is past its end or has holes.
[[nodiscard]] std::vector<std::string> faults_of(const solve::Solution& solution, const SecurityStatuses& statuses);
/// "slurm 24.11.5 is supported by Debian 13 until 2028-08-31"; empty if it is not supported.
[[nodiscard]] std::string support_text(const solve::SolvedPackage& package, const SecurityStatuses& statuses);

} // namespace sf::app
