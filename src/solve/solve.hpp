// From what the user asked for to one version and one set of variants per package.
#pragma once

#include "recipe/recipe_set.hpp"
#include "spec/spec.hpp"
#include "util/error.hpp"

#include <string>
#include <variant>
#include <vector>

namespace sf::solve {

/// What the user asked for.
struct Request {
    spec::Spec root;                    ///< "slurm@24.11 +minimal"
    std::vector<std::string> externals; ///< build tools that the base image has
    /// Packages whose source the user brings: their exact version need not be known to the recipe.
    std::vector<std::string> own_source;
};

/// One package of the solution. Dependencies are names of other packages of the solution, sorted.
struct Package {
    std::string name;
    spec::Version version;
    spec::VariantValues variants;
    std::vector<std::string> build_dependencies;   ///< type build only
    std::vector<std::string> link_dependencies;    ///< type link
    std::vector<std::string> run_dependencies;     ///< type run
    std::vector<std::string> external_build_tools; ///< taken from the base image
};

struct Solution {
    std::vector<Package> packages; ///< dependencies before dependents; the requested package last
    [[nodiscard]] const Package* find(std::string_view name) const;
};

/// Why there is no solution, in sentences that name the packages and constraints.
struct Unsolvable {
    std::string explanation;
};

/// Picks for every package of the closure the preferred (else highest) version and the default variants that meet
/// all constraints on it. Pure and deterministic. Errors (code usage): the root's name, version or variant is
/// unknown (the message lists the known ones).
[[nodiscard]] util::Result<std::variant<Solution, Unsolvable>> solve(const Request& request,
                                                                     const recipe::RecipeSet& recipes);

} // namespace sf::solve
