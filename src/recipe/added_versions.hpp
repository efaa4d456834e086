// Versions that a site adds to a recipe: NAME/versions.yaml in a directory of recipes.
#pragma once

#include "recipe/recipe.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sf::recipe {

inline constexpr const char* added_versions_file = "versions.yaml";

/// Reads DIRECTORY/versions.yaml. The first fault is the error, as in load_recipe().
[[nodiscard]] util::Result<std::vector<VersionEntry>> load_added_versions(const std::filesystem::path& directory);
/// The same from text; `file` is the name used in errors.
[[nodiscard]] util::Result<std::vector<VersionEntry>> parse_added_versions(std::string_view yaml,
                                                                           const std::string& file);
/// Adds to the recipe what it does not have: its own entry of a version stays, because it may have patches. A preferred
/// version among those added takes the place of the recipe's.
void add_versions(Recipe& recipe, std::vector<VersionEntry> added);

/// A version with sources that are URLs of one archive, for a file.
struct NewVersion {
    spec::Version version;
    std::vector<std::string> urls;
    util::Digest sha256;
};
/// The text of a recipe or of a versions.yaml with the new entry in its list 'versions', before the first lower
/// version. All other bytes stay. Errors: recipe, where the list is not one item a line; `file` is the name used in
/// them.
[[nodiscard]] util::Result<std::string> insert_version(std::string_view yaml, const std::string& file,
                                                       const NewVersion& added);
/// The text of a new versions.yaml.
[[nodiscard]] std::string render_added_versions(const std::string& package, const NewVersion& added);

} // namespace sf::recipe
