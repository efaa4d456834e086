// From a request to a plan: what `build`, `plan`, `spec` and `size` have in common.
#pragma once

#include "app/audit/security_status.hpp"
#include "app/request/request.hpp"
#include "app/session/session.hpp"
#include "image/image.hpp"
#include "plan/plan.hpp"
#include "recipe/recipe_set.hpp"
#include "solve/solve.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sf::app {

/// A solved request. The plan made of it points into the recipes.
struct SolvedRequest {
    std::shared_ptr<const recipe::RecipeSet> recipes;
    image::ImageRecipe image_recipe;
    bool usual_image = true;           ///< it is the site's, and nothing is named after it
    std::optional<image::Image> image; ///< when it is made already
    std::string request;               ///< the spec that was solved
    spec::Target target = spec::Target::generic();
    spec::HardeningLevel hardening = spec::HardeningLevel::standard;
    spec::Floor floor = spec::Floor::usual();
    solve::Solution solution;
    advisory::Set advisories; ///< those that ship, of all recipes
    SecurityStatuses statuses;
    std::map<std::string, plan::LocalSource> local_sources;

    /// The requested package.
    [[nodiscard]] const solve::SolvedPackage& root() const { return solution.packages.back(); }
};

/// Loads recipes, solves the request or reads its lock file. Errors: recipe, usage, conflict (no solution).
[[nodiscard]] util::Result<SolvedRequest> solve_request(const Session& session, const BuildRequest& request);

/// Makes the plan of a solved request in an image.
[[nodiscard]] util::Result<plan::Plan> plan_request(const Session& session, const SolvedRequest& solved,
                                                    const util::Digest& image);

/// The text of the solution's lock file.
[[nodiscard]] std::string lock_text(const SolvedRequest& solved);

} // namespace sf::app
