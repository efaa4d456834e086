#include "app/images/images.hpp"

#include "app/images/base_images.hpp"
#include "app/session/presence.hpp"

namespace sf::app {
util::Result<std::vector<image::Image>> list_images(const Session& session)
{
    SF_TRY(auto* const database, session.database());
    return image::ImageStore(session.site, *database, session.events).list();
}

util::Result<image::Image> build_image(const Session& session, const std::string& name, bool anew)
{
    SF_TRY(const auto recipe, image::find_image_recipe(image::recipe_directories(session.site),
                                                       name.empty() ? image::usual_image_name(session.site) : name));
    SF_TRY(const auto presence, Presence::announce(session.site));
    SF_TRY(const auto images, BaseImages::open(session));
    return anew ? images->store().make_anew(recipe, session.stop) : images->ensure(recipe);
}

util::Status remove_image(const Session& session, const std::string& name_or_digest)
{
    SF_TRY(const auto presence, Presence::announce(session.site)); // else what goes would look left over to `gc`
    SF_TRY(auto* const database, session.database());
    return image::ImageStore(session.site, *database, session.events).remove(name_or_digest);
}

} // namespace sf::app
