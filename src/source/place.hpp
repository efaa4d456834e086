// Where an archive may be.
#pragma once

#include "recipe/recipe.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::source {

/// One place that may have one alternative's archive.
struct Place {
    const recipe::Source* source = nullptr;
    std::string url;                            ///< empty: the distribution's archive
    std::optional<std::filesystem::path> local; ///< when the URL names a file of this machine

    /// For messages and records: without a password.
    [[nodiscard]] std::string name() const;
};

/// Every place of the alternatives (which must outlive the result) in the order they are tried: each mirror by
/// `BASE/<sha256>/<file name>` and `BASE/<file name>`, then each alternative's own.
[[nodiscard]] std::vector<Place> list_places(const std::vector<std::string>& mirrors,
                                             const std::vector<recipe::Source>& alternatives);

} // namespace sf::source
