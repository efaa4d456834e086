#include "app/images.hpp"

#include "app/base_images.hpp"
#include "app/presence.hpp"

namespace sf::app {
namespace {

util::Result<store::Database> open_database(const Context& context)
{
    return store::Database::open(context.site.database());
}

} // namespace

util::Result<std::vector<image::Image>> list_images(const Context& context)
{
    SF_TRY(auto database, open_database(context));
    return image::ImageStore(context.site, database, context.events).list();
}

util::Result<image::Image> build_image(const Context& context, const std::string& name, bool anew)
{
    SF_TRY(const auto recipe, image::find_image_recipe(image::recipe_directories(context.site),
                                                       name.empty() ? image::usual_image_name(context.site) : name));
    SF_TRY(const auto presence, Presence::announce(context.site));
    SF_TRY(auto database, open_database(context));
    SF_TRY(const auto remotes, Remotes::open(context));
    BaseImages images(context, *remotes, database);
    return anew ? images.store().make_anew(recipe, context.stop) : images.ensure(recipe);
}

util::Status remove_image(const Context& context, const std::string& name_or_digest)
{
    SF_TRY(const auto presence, Presence::announce(context.site)); // else what goes would look left over to `gc`
    SF_TRY(auto database, open_database(context));
    return image::ImageStore(context.site, database, context.events).remove(name_or_digest);
}

} // namespace sf::app
