// `slurm-factory recipe`
#pragma once

#include "app/session/session.hpp"
#include "recipe/recipe_set.hpp"

#include <optional>

namespace sf::app {

/// Checks every recipe of `directory` (as an overlay of the built-in ones), or all configured directories.
[[nodiscard]] util::Result<recipe::CheckResult> check_recipes(const Session& session,
                                                              const std::optional<std::filesystem::path>& directory);

} // namespace sf::app
