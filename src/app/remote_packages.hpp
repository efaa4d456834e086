// The site's binary caches, as a place that packages come from.
#pragma once

#include "app/context.hpp"
#include "cache/import.hpp"
#include "cache/remote.hpp"
#include "cache/trust.hpp"
#include "plan/plan.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sf::app {

/// How this site talks to remotes.
[[nodiscard]] cache::RemoteOptions remote_options(const site::Site& site);

/// A place to pull from is never a reason to fail: one that cannot be reached is warned of once and passed over from
/// then on, an entry that is unsigned, altered or damaged is warned of and not used. Thread-safe.
class RemotePackages {
public:
    /// Null where the site names no remote, or is offline and they are not directories. Errors: usage, recipe (a key of
    /// the ring that is none).
    [[nodiscard]] static util::Result<std::unique_ptr<RemotePackages>>
    open(const Context& context, store::Database& database, store::LayerStore& layers);

    /// Brings what building the key gave into the store, and records it; nullopt where no remote has it. Errors are the
    /// store's: no_space, permission, interrupted.
    [[nodiscard]] util::Result<std::optional<store::Action>> pull(const plan::Step& step, const util::Digest& key);

private:
    struct Place {
        std::unique_ptr<cache::Remote> remote;
        std::atomic<bool> given_up = false;
    };

    RemotePackages(const Context& context, store::Database& database, store::LayerStore& layers) :
        context_(context), database_(database), layers_(layers)
    {
    }
    [[nodiscard]] util::Result<std::optional<store::Action>> pull_from(cache::Remote& remote, const plan::Step& step,
                                                                       const util::Digest& key);
    void warn(std::string text);

    const Context& context_;
    store::Database& database_;
    store::LayerStore& layers_;
    cache::KeyRing ring_;
    std::vector<std::unique_ptr<Place>> places_;
    std::mutex mutex_;
    std::set<std::string> warned_;
};

} // namespace sf::app
