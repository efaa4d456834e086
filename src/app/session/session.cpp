#include "app/session/session.hpp"

#include "util/files/fs.hpp"

#include <mutex>
#include <optional>
#include <utility>

namespace sf::app {

struct Session::Opened {
    explicit Opened(const site::Site& site) : layers(site.layers()) {}

    std::mutex mutex;
    std::optional<store::Database> database;
    store::LayerStore layers;
    std::shared_ptr<const recipe::RecipeSet> recipes;
};

Session::Session(const site::Site& site_of_command, event::Sink& sink, util::StopToken stop_token) :
    site(site_of_command), events(sink), stop(std::move(stop_token)), opened_(std::make_shared<Opened>(site_of_command))
{
}

Session::Session(const Session& other, event::Sink& sink, util::StopToken stop_token) :
    site(other.site), events(sink), stop(std::move(stop_token)), opened_(other.opened_)
{
}

Session Session::with_events(event::Sink& sink) const
{
    return {*this, sink, stop};
}

Session Session::with_events(event::Sink& sink, util::StopToken stop_token) const
{
    return {*this, sink, std::move(stop_token)};
}

util::Result<store::Database*> Session::database() const
{
    const std::lock_guard lock(opened_->mutex);
    if (!opened_->database) {
        SF_TRY(opened_->database, store::Database::open(site.database()));
    }
    return &*opened_->database;
}

util::Result<store::Database*> Session::find_database() const
{
    if (!util::path_exists(site.database()))
        return nullptr;
    return database();
}

store::LayerStore& Session::layers() const
{
    return opened_->layers;
}

util::Result<std::shared_ptr<const recipe::RecipeSet>> Session::recipes() const
{
    const std::lock_guard lock(opened_->mutex);
    if (!opened_->recipes) {
        SF_TRY(auto recipes, recipe::RecipeSet::load(site.recipe_directories));
        opened_->recipes = std::make_shared<const recipe::RecipeSet>(std::move(recipes));
    }
    return opened_->recipes;
}

} // namespace sf::app
