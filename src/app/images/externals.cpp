#include "app/images/externals.hpp"

#include "app/images/base_images.hpp"
#include "app/session/presence.hpp"
#include "store/database.hpp"
#include "util/files/fs.hpp"

namespace sf::app {
namespace {

util::Result<image::ImageRecipe> configured_image(const Session& session)
{
    return image::find_image_recipe(image::recipe_directories(session.site), image::usual_image_name(session.site));
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

util::Result<Externals> list_externals(const Session& session)
{
    SF_TRY(const auto recipe, configured_image(session));
    SF_TRY(auto* const database, session.find_database());
    if (database != nullptr) {
        SF_TRY(const auto image, image::ImageStore(session.site, *database, session.events).find(recipe));
        if (image)
            return describe(recipe, *image);
    }
    Externals externals{recipe.name, false, {}, {}};
    for (const auto& [name, command] : recipe.externals)
        externals.found.push_back({name, {}, {}});
    return externals;
}

util::Result<Externals> find_externals(const Session& session)
{
    SF_TRY(const auto recipe, configured_image(session));
    SF_TRY(const auto presence, Presence::announce(session.site));
    SF_TRY(const auto images, BaseImages::open(session));
    SF_TRY(const auto held, images->hold(recipe));
    return describe(recipe, held.image);
}

util::Result<MergedPackages> write_externals(const Session& session, const Externals& externals)
{
    auto file = session.site.root / "packages.yaml";
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
