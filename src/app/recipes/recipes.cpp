#include "app/recipes/recipes.hpp"

#include "image/image.hpp"

namespace sf::app {

util::Result<recipe::CheckResult> check_recipes(const Session& session,
                                                const std::optional<std::filesystem::path>& directory)
{
    const auto& configured = session.site.recipe_directories;
    const auto image_name = image::usual_image_name(session.site);
    SF_TRY(const auto image, image::find_image_recipe(image::recipe_directories(session.site), image_name));
    std::vector<std::string> externals;
    for (const auto& [name, command] : image.externals)
        externals.push_back(name);
    if (directory)
        return recipe::check_recipes(*directory, configured, externals);
    recipe::CheckResult all;
    for (std::size_t i = 0; i < configured.size(); ++i) {
        const std::vector<std::filesystem::path> below(configured.begin(),
                                                       configured.begin() + static_cast<std::ptrdiff_t>(i));
        SF_TRY(auto result, recipe::check_recipes(configured[i], below, externals));
        all.checked += result.checked;
        all.faults.insert(all.faults.end(), std::make_move_iterator(result.faults.begin()),
                          std::make_move_iterator(result.faults.end()));
    }
    return all;
}

} // namespace sf::app
