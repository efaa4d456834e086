// The mirrors that `mirror add` keeps for a root, beside what config.yaml names.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sf::site {

struct Mirror {
    std::string name;
    std::string place;     ///< as network.mirrors
    bool packages = false; ///< it has a binary cache as well, in mirror_packages(place)

    bool operator==(const Mirror&) const = default;
};

/// Where a mirror with packages has its binary cache: `PLACE/packages`.
[[nodiscard]] std::string mirror_packages(std::string_view place);

/// Letters, digits, and ". _ -" inside.
[[nodiscard]] bool is_mirror_name(std::string_view name);

/// In the order they were added; none when there is no file. Errors: recipe, "file:line:column: what".
[[nodiscard]] util::Result<std::vector<Mirror>> load_mirrors(const std::filesystem::path& file);
/// Error usage, nothing being written: a place that load_mirrors() would not read as it is.
[[nodiscard]] util::Status save_mirrors(const std::filesystem::path& file, const std::vector<Mirror>& mirrors);

} // namespace sf::site
