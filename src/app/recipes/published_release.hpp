// What a project publishes about a release, against the archive that was fetched.
#pragma once

#include "app/session/session.hpp"
#include "recipe/recipe.hpp"
#include "source/unpinned.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// A release that a recipe is to get.
struct WantedRelease {
    const recipe::Recipe* recipe = nullptr;
    spec::Version version;
    std::optional<util::Digest> sha256; ///< what the user says it must be
    [[nodiscard]] std::string name() const { return recipe->name + "@" + version.to_string(); }
};

/// Compares the archive with the user's sum, and with the sum and the signature that the recipe's `releases` names.
/// Returns what it agrees with, for people. Errors (code source): one differs, or cannot be fetched and there is no sum
/// of the user's.
[[nodiscard]] util::Result<std::vector<std::string>>
check_published(const Session& session, const WantedRelease& wanted, const source::Unpinned& archive);

} // namespace sf::app
