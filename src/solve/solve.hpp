// From what the user asked for to one version and one set of variants per package.
#pragma once

#include "preference/preference.hpp"
#include "recipe/recipe_set.hpp"
#include "spec/spec.hpp"
#include "util/error.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sf::solve {

/// A build tool that the base image has. Without a version it is taken to meet every range: it is not known yet.
struct External {
    std::string name;
    std::optional<spec::Version> version;
};

/// Versions by package.
using Versions = std::map<std::string, std::vector<spec::Version>>;
[[nodiscard]] bool lists(const Versions& versions, const std::string& package, const spec::Version& version);

/// What the user asked for, and what there is to choose from besides recipes.
struct SolveRequest {
    spec::Spec root; ///< "slurm@24.11 +minimal ^hwloc@2.12:"
    std::vector<External> externals = {};
    /// Packages whose source the user brings: their exact version need not be known to the recipe.
    std::vector<std::string> own_source = {};
    preference::Preferences preferences = {};
    Versions stored = {};       ///< taken before others that meet the constraints, but for the root
    Versions unobtainable = {}; ///< taken only when no other meets the constraints: their sources cannot be fetched
    /// Takes none of them, except of own_source. An obtainable version may need an unobtainable one where an older
    /// version needs none.
    bool obtainable_only = false;
    Versions vulnerable = {};                        ///< those with holes that nothing closes
    std::optional<std::chrono::sys_days> today = {}; ///< for the ends of support; without it nothing has ended
};

/// One edge of the solution: which package is needed, for what, and in the recipe's words.
struct Edge {
    std::string package; ///< of the solution, or an external
    std::string spec;    ///< "hwloc@2: +pci"; of a virtual package its name
    recipe::DependencyType type;
    auto operator<=>(const Edge&) const = default;
};

/// One package of the solution. Dependencies are names of other packages of the solution, sorted.
struct SolvedPackage {
    std::string name;
    spec::Version version;
    spec::VariantValues variants;
    std::vector<std::string> build_dependencies;   ///< type build only
    std::vector<std::string> link_dependencies;    ///< type link
    std::vector<std::string> run_dependencies;     ///< type run
    std::vector<std::string> external_build_tools; ///< taken from the base image
    std::vector<Edge> edges;                       ///< the same, sorted, with the reasons
};

/// Fills the lists of dependencies from the edges, which it sorts.
void place_edges(SolvedPackage& package, const std::vector<External>& externals);

struct Solution {
    std::vector<SolvedPackage> packages; ///< dependencies before dependents; the requested package last
    std::vector<External> externals;     ///< those used, sorted by name
    [[nodiscard]] const SolvedPackage* find(std::string_view name) const;
};

/// Whether the version's source cannot be fetched, and it is not stored either. The root is never taken from the store.
[[nodiscard]] bool is_gone(const SolveRequest& request, const std::string& package, const spec::Version& version);

/// The versions of a recipe that the request may have, best first: those in the site's preferences, then those that can
/// be fetched, then stored ones without holes, then the recipe's preferred one, then those still supported, the newest
/// series, in it those without holes, then the highest.
[[nodiscard]] std::vector<spec::Version> ranked_versions(const recipe::Recipe& recipe, const SolveRequest& request);

/// Why there is no solution, in sentences that name the packages and constraints.
struct Unsolvable {
    std::string explanation;
};

/// Picks one version and one set of variants for every package of the closure, so that all constraints hold. Versions:
/// as ranked_versions() has them. A variant has its default (the site's, else the recipe's) unless something asks for
/// another value; none is changed to make a request solvable. Of a virtual package the site's first provider, else the
/// first by name. Pure and deterministic.
///
/// Errors: usage (the root's name, version or variant is unknown: the message lists the known ones, or ^ names a
/// package that nothing needs), recipe (a recipe of the closure names an unknown package, variant or value, or depends
/// on itself in a ring).
[[nodiscard]] util::Result<std::variant<Solution, Unsolvable>> solve(const SolveRequest& request,
                                                                     const recipe::RecipeSet& recipes);

} // namespace sf::solve
