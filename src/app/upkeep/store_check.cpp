#include "app/upkeep/store_check.hpp"

#include "app/session/presence.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/files/fs.hpp"
#include "util/threads.hpp"

#include <algorithm>
#include <optional>

namespace sf::app {
namespace {

using util::Result;
using util::Status;

bool has(const store::StoredAction& action, const util::Digest& layer)
{
    const auto all = action.layers.all();
    return std::find(all.begin(), all.end(), layer) != all.end();
}

std::vector<std::string> packages_with(const std::vector<store::StoredAction>& actions, const util::Digest& layer)
{
    std::vector<std::string> packages;
    for (const auto& action : actions)
        if (has(action, layer))
            packages.push_back(action.package + "@" + action.version);
    std::sort(packages.begin(), packages.end());
    packages.erase(std::unique(packages.begin(), packages.end()), packages.end());
    return packages;
}

/// As in garbage collection the index goes first: a name without its layer would be a gap.
Status remove_damaged(const Session& session, store::Database& database, store::LayerStore& layers,
                      const std::vector<store::StoredAction>& actions, std::vector<DamagedLayer>& damaged)
{
    SF_TRY(const auto remover, Remover::beside(session.site));
    std::vector<util::Digest> keys;
    for (const auto& action : actions)
        if (std::any_of(damaged.begin(), damaged.end(),
                        [&action](const DamagedLayer& layer) { return has(action, layer.digest); }))
            keys.push_back(action.key);
    SF_CHECK(database.remove_actions(keys));
    for (auto& layer : damaged) {
        SF_TRY(layer.removed, layers.remove(layer.digest, remover.since()));
    }
    return {};
}

} // namespace

Result<StoreCheck> check_store(const Session& session, bool remove)
{
    auto& layers = session.layers();
    SF_TRY(const auto all, layers.list());
    std::vector<std::optional<std::vector<store::LayerFault>>> faults(all.size());
    SF_CHECK(util::try_in_threads(session.site.network.parallel_downloads, all.size(), [&](std::size_t item) -> Status {
        auto found = store::verify_layer(layers, all[item].digest, session.stop);
        if (!found && util::path_exists(layers.tree(all[item].digest)))
            return tl::unexpected(found.error());
        if (found && layers.contains(all[item].digest)) // else it was collected meanwhile
            faults[item] = std::move(*found);
        return {};
    }));
    SF_TRY(auto* const database, session.database());
    SF_TRY(const auto actions, database->stored_actions());
    StoreCheck check;
    for (std::size_t item = 0; item < all.size(); ++item) {
        if (!faults[item])
            continue;
        ++check.layers;
        check.bytes += all[item].bytes;
        if (!faults[item]->empty())
            check.damaged.push_back(
                {all[item].digest, packages_with(actions, all[item].digest), std::move(*faults[item]), false});
    }
    if (remove && !check.damaged.empty())
        SF_CHECK(remove_damaged(session, *database, layers, actions, check.damaged));
    return check;
}

} // namespace sf::app
