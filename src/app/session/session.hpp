// What one command works with.
#pragma once

#include "event/event.hpp"
#include "recipe/recipe_set.hpp"
#include "site/site.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <memory>

namespace sf::app {

/// The site, where events go, when to stop; and index, layers and recipes, each opened when it is first asked for and
/// once. Copies share what is open. Thread-safe.
class Session {
public:
    Session(const site::Site& site_of_command, event::Sink& sink, util::StopToken stop_token);
    /// The same with events that go elsewhere.
    [[nodiscard]] Session with_events(event::Sink& sink) const;
    [[nodiscard]] Session with_events(event::Sink& sink, util::StopToken stop_token) const;

    const site::Site& site;
    event::Sink& events;
    util::StopToken stop;

    /// The site's index, made where there is none.
    [[nodiscard]] util::Result<store::Database*> database() const;
    /// Likewise; nullptr where there is none.
    [[nodiscard]] util::Result<store::Database*> find_database() const;
    [[nodiscard]] store::LayerStore& layers() const;
    [[nodiscard]] util::Result<std::shared_ptr<const recipe::RecipeSet>> recipes() const;

private:
    struct Opened;
    Session(const Session& other, event::Sink& sink, util::StopToken stop_token);

    std::shared_ptr<Opened> opened_;
};

} // namespace sf::app
