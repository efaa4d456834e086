#include "app/upkeep/garbage.hpp"

#include "app/session/disk_usage.hpp"
#include "app/upkeep/garbage_rules.hpp"
#include "store/layer_store.hpp"
#include "util/files/fs.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sf::app {
namespace {

using util::Result;
using util::Status;

/// Packages, and the layers that they leave.
class PackageCollection {
public:
    PackageCollection(Sweep& sweep, store::Database& database) :
        sweep_(sweep), site_(sweep.session.site), database_(database), layers_(site_.layers())
    {
    }

    Status run()
    {
        SF_CHECK(find_roots());
        SF_CHECK(choose_actions());
        SF_CHECK(drop_actions());
        return drop_layers();
    }

    [[nodiscard]] const std::set<util::Digest>& kept() const { return live_; }
    [[nodiscard]] std::set<util::Digest> dropped() const { return {dropped_.begin(), dropped_.end()}; }

private:
    Status find_roots()
    {
        SF_TRY(const auto roots, database_.kept());
        for (const auto& [root, keys] : roots) {
            if (root.starts_with(pin_prefix) || util::path_exists(root))
                live_.insert(keys.begin(), keys.end());
            else if (!sweep_.dry_run && sweep_.remover.is_alone()) // else it may be written just now
                SF_CHECK(database_.keep(root, {}));
        }
        return {};
    }

    void count(const store::StoredAction& action, int change)
    {
        for (const auto& layer : action.layers.all())
            users_[layer] += change;
    }

    /// What the layers in use take.
    [[nodiscard]] std::uint64_t used_bytes() const
    {
        std::uint64_t bytes = 0;
        for (const auto& [layer, users] : users_)
            if (const auto found = sizes_.find(layer); users > 0 && found != sizes_.end())
                bytes += found->second;
        return bytes;
    }

    /// What would be free without the action.
    [[nodiscard]] std::uint64_t own_bytes(const store::StoredAction& action) const
    {
        std::uint64_t bytes = 0;
        for (const auto& layer : std::set{action.layers.run, action.layers.dev, action.layers.debug})
            if (const auto found = sizes_.find(layer); found != sizes_.end() && users_.at(layer) <= 0)
                bytes += found->second;
        return bytes;
    }

    void drop(const store::StoredAction& action, std::string why)
    {
        count(action, -1);
        dropped_.push_back(action.key);
        sweep_.report.garbage.push_back(
            {"package", action.package + "@" + action.version, std::move(why), own_bytes(action)});
    }

    /// Whether all its layers are among them; one may be another package's too.
    template <typename Layers> static bool all_in(const store::StoredAction& action, const Layers& layers)
    {
        const auto all = action.layers.all();
        return std::all_of(all.begin(), all.end(), [&](const util::Digest& layer) { return layers.contains(layer); });
    }

    Status choose_actions()
    {
        SF_TRY(const auto actions, database_.stored_actions());
        SF_TRY(const auto layers, layers_.list());
        for (const auto& layer : layers) {
            sizes_[layer.digest] = layer.bytes;
            if (sweep_.spares(layer.claimed))
                claimed_.insert(layer.digest);
        }
        for (const auto& action : actions)
            count(action, 1);
        const auto oldest = oldest_to_keep(site_);
        std::vector<const store::StoredAction*> staying; // those used longest ago first
        for (const auto& action : actions) {
            if (!all_in(action, sizes_))
                drop(action, "its layers are gone");
            else if (live_.contains(action.key) || all_in(action, claimed_))
                continue;
            else if (action.used < oldest)
                drop(action, days_ago(action.used));
            else
                staying.push_back(&action);
        }
        drop_over_layer_budget(staying);
        return {};
    }

    /// Actions share layers, so what one frees is known when it goes.
    void drop_over_layer_budget(const std::vector<const store::StoredAction*>& staying)
    {
        auto bytes = used_bytes();
        const auto budget = site_.cache.layers_bytes;
        for (const auto* action : staying) {
            if (budget == 0 || bytes <= budget)
                break;
            drop(*action, "the store is over its budget; " + days_ago(action->used));
            bytes -= std::min(bytes, sweep_.report.garbage.back().bytes);
        }
        note_excess(sweep_, {"package", "", "cache.layers", "what kept builds and pins need", budget}, bytes);
    }

    /// The index goes first: a layer that nothing names is garbage, a name without its layer would be a gap.
    Status drop_actions() { return sweep_.dry_run ? Status() : database_.remove_actions(dropped_); }

    Status drop_layers()
    {
        for (const auto& [layer, bytes] : sizes_) {
            SF_CHECK(sweep_.session.stop.check());
            const auto users = users_.find(layer);
            if ((users != users_.end() && users->second > 0) || claimed_.contains(layer))
                continue;
            if (users == users_.end())
                sweep_.report.garbage.push_back({"layer", layer.to_short(), "no package has it", bytes});
            if (!sweep_.dry_run)
                SF_CHECK(layers_.remove(layer, sweep_.remover.since()));
        }
        if (sweep_.dry_run)
            return {};
        return sweep_.remover.is_alone() ? layers_.sweep() : layers_.sweep_dead();
    }

    Sweep& sweep_;
    const site::Site& site_;
    store::Database& database_;
    store::LayerStore layers_;
    std::set<util::Digest> live_;
    std::map<util::Digest, std::uint64_t> sizes_; ///< of the layers on disk
    std::set<util::Digest> claimed_;              ///< layers that those beside us need
    std::map<util::Digest, int> users_;           ///< actions that have the layer
    std::vector<util::Digest> dropped_;
};

} // namespace

Result<GarbageReport> collect_garbage(const Session& session, bool dry_run)
{
    SF_TRY(const auto remover, Remover::beside(session.site));
    SF_TRY(auto* const database, session.database());
    Sweep sweep{session, remover, dry_run, {}};
    PackageCollection packages(sweep, *database);
    SF_CHECK(packages.run());
    SF_CHECK(drop_sources(sweep));
    SF_CHECK(drop_images(sweep, *database, {packages.kept(), packages.dropped()}));
    SF_CHECK(drop_logs(sweep));
    SF_CHECK(drop_compiler_caches(sweep));
    return std::move(sweep.report);
}

} // namespace sf::app
