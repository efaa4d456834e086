#include "app/externals.hpp"

#include "app/base_images.hpp"
#include "app/presence.hpp"
#include "store/database.hpp"
#include "util/fs.hpp"

namespace sf::app {
namespace {

util::Result<image::ImageRecipe> configured_image(const Context& context)
{
    return image::find_image_recipe(image::recipe_directories(context.site), image::usual_image_name(context.site));
}

Externals describe(const image::ImageRecipe& recipe, const image::Image& image)
{
    Externals externals{recipe.name, true, {}, {}};
    for (const auto& [name, command] : recipe.externals)
        if (const auto present = image.externals.find(name); present != image.externals.end())
            externals.found.push_back({name, present->second, image::external_path(recipe, image, name)});
        else
            externals.missing.push_back(name);
    return externals;
}

} // namespace

util::Result<Externals> list_externals(const Context& context)
{
    SF_TRY(const auto recipe, configured_image(context));
    if (util::path_exists(context.site.database())) {
        SF_TRY(auto database, store::Database::open(context.site.database()));
        SF_TRY(const auto image, image::ImageStore(context.site, database, context.events).find(recipe));
        if (image)
            return describe(recipe, *image);
    }
    Externals externals{recipe.name, false, {}, {}};
    for (const auto& [name, command] : recipe.externals)
        externals.found.push_back({name, {}, {}});
    return externals;
}

util::Result<Externals> find_externals(const Context& context)
{
    SF_TRY(const auto recipe, configured_image(context));
    SF_TRY(const auto presence, Presence::announce(context.site));
    SF_TRY(auto database, store::Database::open(context.site.database()));
    SF_TRY(const auto remotes, Remotes::open(context));
    SF_TRY(const auto held, BaseImages(context, *remotes, database).hold(recipe));
    return describe(recipe, held.image);
}

util::Result<MergedPackages> write_externals(const Context& context, const Externals& externals)
{
    auto file = context.site.root / "packages.yaml";
    std::error_code error;
    if (const auto target = std::filesystem::canonical(file, error); !error)
        file = target; // a link stays one
    std::string text;
    if (util::path_exists(file)) {
        SF_TRY(text, util::read_file(file));
    }
    SF_TRY(auto merged, merge_externals(text, file.string(), externals.found));
    if (merged.text != text)
        SF_CHECK(util::write_file_atomic(file, merged.text));
    return merged;
}

} // namespace sf::app
