// From a request to a plan: what `build` and `plan` have in common.
#pragma once

#include "app/context.hpp"
#include "image/image.hpp"
#include "plan/plan.hpp"
#include "recipe/recipe_set.hpp"
#include "solve/solve.hpp"
#include "spec/target.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sf::app {

/// What the user asked for, in the command line's words.
struct BuildRequest {
    std::string slurm_version = "24.11"; ///< a series or an exact version
    bool minimal = false;
    std::vector<std::string> sources; ///< "PACKAGE=PATH"
    std::string target = {};          ///< "x86_64_v3", "native"; empty for the generic one
};

/// A solved and planned request. The plan points into the recipes.
struct Planned {
    std::unique_ptr<recipe::RecipeSet> recipes;
    image::ImageRecipe image_recipe;
    solve::Solution solution;
    std::map<std::string, plan::LocalSource> local_sources;
    spec::Target target = spec::Target::generic();
};

/// Loads recipes, solves the request. Errors: recipe, usage, conflict (no solution).
[[nodiscard]] util::Result<Planned> solve_request(const Context& context, const BuildRequest& request);

/// Makes the plan of a solved request in an image.
[[nodiscard]] util::Result<plan::Plan> plan_request(const Context& context, const Planned& planned,
                                                    const util::Digest& image);

} // namespace sf::app
