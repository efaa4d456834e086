// All recipes a run can see: directories overlaid in order.
#pragma once

#include "recipe/recipe.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sf::recipe {

/// Recipes by package name. A recipe of a later directory replaces the one of the same name of an earlier. A
/// NAME/versions.yaml of any directory adds versions to the recipe, wherever that comes from.
class RecipeSet {
public:
    /// Loads DIR/*/recipe.yaml of every directory. A missing directory is an error; so is the first bad recipe.
    [[nodiscard]] static util::Result<RecipeSet> load(const std::vector<std::filesystem::path>& directories);

    [[nodiscard]] const Recipe* find(std::string_view name) const;
    /// find(), with an error (code usage) that names the likeliest, or all that there are.
    [[nodiscard]] util::Result<const Recipe*> require(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> names() const;

private:
    std::map<std::string, Recipe, std::less<>> recipes_;
};

/// Every fault in every recipe below `directory` (load_recipe's first fault of each file, names that differ from
/// their directory, patches that are missing, dependencies on a package that has neither a recipe in `known` nor is
/// one of `externals`). Empty: all good. The count of recipes looked at is in `checked`.
struct CheckResult {
    std::size_t checked = 0;
    std::vector<util::Error> faults;
};
[[nodiscard]] util::Result<CheckResult> check_recipes(const std::filesystem::path& directory,
                                                      const std::vector<std::filesystem::path>& underlying,
                                                      const std::vector<std::string>& externals);

} // namespace sf::recipe
