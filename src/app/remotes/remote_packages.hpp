// The site's binary caches, as a place that packages come from.
#pragma once

#include "app/remotes/remotes.hpp"
#include "plan/plan.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"

#include <optional>

namespace sf::app {

/// Thread-safe. All of them must live as long.
class RemotePackages {
public:
    RemotePackages(const Session& session, Remotes& remotes, store::Database& database) :
        session_(session), remotes_(remotes), database_(database)
    {
    }

    /// Brings what building the key in the image gave into the store, and records it; nullopt where no remote has it.
    /// Errors are the store's: no_space, permission, interrupted.
    [[nodiscard]] util::Result<std::optional<store::Action>> pull(const plan::Step& step, const util::Digest& image,
                                                                  const util::Digest& key);

private:
    [[nodiscard]] util::Result<std::optional<store::Action>>
    pull_from(cache::Remote& remote, const plan::Step& step, const util::Digest& image, const util::Digest& key);

    const Session& session_;
    Remotes& remotes_;
    store::Database& database_;
};

} // namespace sf::app
