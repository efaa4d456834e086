// What advisories are asked about: a package with the patches that were, or would be, applied to it.
#pragma once

#include "advisory/advisory.hpp"
#include "manifest/manifest.hpp"
#include "plan/plan.hpp"
#include "recipe/recipe.hpp"

#include <vector>

namespace sf::app {

/// A version as its recipe builds it with these variants and the patches of these sets: none where the source is the
/// user's own, since a distribution's patches are for the recipe's archive.
[[nodiscard]] advisory::Subject subject_of(const recipe::Recipe& recipe, const spec::Version& version,
                                           const spec::VariantValues& variants,
                                           const std::vector<recipe::PatchSet>& patch_sets);
[[nodiscard]] advisory::Subject subject_of(const plan::Step& step);
[[nodiscard]] advisory::Subject subject_of(const manifest::ManifestPackage& package);

} // namespace sf::app
