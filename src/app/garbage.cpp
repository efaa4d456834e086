#include "app/garbage.hpp"

#include "app/disk.hpp"
#include "app/presence.hpp"
#include "image/image.hpp"
#include "source/source_cache.hpp"
#include "store/layer_store.hpp"
#include "util/fs.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::Result;
using util::Status;

constexpr std::int64_t day = 86400;

std::string days_ago(std::int64_t used, std::int64_t today)
{
    return used == 0 ? "last used before that was noted" : fmt::format("last used {} days ago", (today - used) / day);
}

/// One collection. Every rule adds to the report and, unless it is a dry run, removes.
class Collection {
public:
    Collection(const Context& context, const Remover& remover, store::Database& database, bool dry_run) :
        context_(context), site_(context.site), remover_(remover), database_(database), layers_(context.site.layers()),
        dry_run_(dry_run)
    {
    }

    Result<GarbageReport> run()
    {
        SF_CHECK(find_roots());
        SF_CHECK(choose_actions());
        SF_CHECK(drop_actions());
        SF_CHECK(drop_layers());
        SF_CHECK(drop_sources());
        SF_CHECK(drop_images());
        SF_CHECK(drop_logs());
        return std::move(report_);
    }

private:
    Status find_roots()
    {
        SF_TRY(const auto roots, database_.kept());
        for (const auto& [root, keys] : roots) {
            if (root.starts_with(pin_prefix) || util::path_exists(root))
                live_.insert(keys.begin(), keys.end());
            else if (!dry_run_ && remover_.is_alone()) // else it may be written just now
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
        report_.garbage.push_back(
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
            if (layer.claimed >= remover_.since())
                claimed_.insert(layer.digest);
        }
        for (const auto& action : actions)
            count(action, 1);
        const auto today = now();
        const auto oldest = today - std::int64_t{site_.cache.keep_days} * day;
        std::vector<const store::StoredAction*> staying; // those used longest ago first
        for (const auto& action : actions) {
            if (!all_in(action, sizes_))
                drop(action, "its layers are gone");
            else if (live_.contains(action.key) || all_in(action, claimed_))
                continue;
            else if (action.used < oldest)
                drop(action, days_ago(action.used, today));
            else
                staying.push_back(&action);
        }
        auto bytes = used_bytes();
        const auto budget = site_.cache.layers_bytes;
        for (const auto* action : staying) {
            if (budget == 0 || bytes <= budget)
                break;
            drop(*action, "the store is over its budget; " + days_ago(action->used, today));
            bytes -= std::min(bytes, report_.garbage.back().bytes);
        }
        report_.layer_bytes = bytes;
        report_.over_budget = budget != 0 && bytes > budget;
        return {};
    }

    /// The index goes first: a layer that nothing names is garbage, a name without its layer would be a gap.
    Status drop_actions() { return dry_run_ ? Status() : database_.remove_actions(dropped_); }

    Status drop_layers()
    {
        for (const auto& [layer, bytes] : sizes_) {
            SF_CHECK(context_.stop.check());
            const auto users = users_.find(layer);
            if ((users != users_.end() && users->second > 0) || claimed_.contains(layer))
                continue;
            if (users == users_.end())
                report_.garbage.push_back({"layer", layer.to_short(), "no package has it", bytes});
            if (!dry_run_)
                SF_CHECK(layers_.remove(layer, remover_.since()));
        }
        return dry_run_ || !remover_.is_alone() ? Status() : layers_.sweep();
    }

    Status remove(std::string kind, const fs::path& path, std::string why)
    {
        report_.garbage.push_back({std::move(kind), path.filename().string(), std::move(why), tree_bytes(path)});
        return dry_run_ ? Status() : util::remove_tree(path);
    }

    Status drop_partial_sources()
    {
        for (const auto& path : children(site_.source_cache() / "partial"))
            if (modified(path) < now() - day)
                SF_CHECK(remove("source", path, "a transfer that was not taken up again"));
        if (dry_run_ || !remover_.is_alone())
            return {};
        for (const auto& path : children(site_.source_cache())) // left by a collection that was killed
            if (path.filename().string().starts_with(util::removing_prefix))
                SF_CHECK(util::remove_tree(path));
        return {};
    }

    Status drop_sources()
    {
        SF_CHECK(drop_partial_sources());
        std::vector<std::pair<std::int64_t, util::Digest>> archives; // those used longest ago first
        std::uint64_t bytes = 0;
        for (const auto& path : children(site_.source_cache()))
            if (const auto digest = util::Digest::parse(path.filename().string())) {
                archives.emplace_back(util::claimed_at(path), *digest);
                bytes += tree_bytes(path);
            }
        std::sort(archives.begin(), archives.end());
        for (const auto& [used, digest] : archives) {
            SF_CHECK(context_.stop.check());
            if (site_.cache.sources_bytes == 0 || bytes <= site_.cache.sources_bytes || used >= remover_.since())
                break;
            SF_TRY(const auto freed, drop_source(digest, used));
            bytes -= std::min(bytes, freed);
        }
        report_.source_bytes = bytes;
        return {};
    }

    /// The bytes that it frees.
    Result<std::uint64_t> drop_source(const util::Digest& digest, std::int64_t used)
    {
        const source::SourceCache cache(site_.source_cache());
        const auto path = cache.directory() / digest.to_hex();
        Garbage garbage{"source", path.filename().string(),
                        "the source cache is over its budget; " + days_ago(used, now()), tree_bytes(path)};
        if (!dry_run_) {
            SF_TRY(const bool gone, cache.remove(digest, remover_.since()));
            if (!gone)
                return 0;
        }
        report_.garbage.push_back(std::move(garbage));
        return report_.garbage.back().bytes;
    }

    /// Images that a recipe no longer describes and no package that stays was built in.
    Status drop_images()
    {
        for (const auto& path : children(image::incoming_directory(site_)))
            if (modified(path) < now() - day)
                SF_CHECK(remove("image", path, "a transfer that was not taken up again"));
        image::ImageStore images(site_, database_, context_.events);
        SF_TRY(const auto all, images.list());
        for (const auto& image : all) {
            const auto recipe = image::find_image_recipe(image::recipe_directories(site_), image.name);
            if (recipe) {
                SF_TRY(const auto current, images.find(*recipe));
                if (!current || current->digest == image.digest)
                    continue;
            } else {
                continue; // of another directory of recipes
            }
            SF_TRY(const auto built, database_.built_in(image.digest));
            if (!built.empty())
                continue;
            if (!dry_run_) {
                const auto removed = images.remove(image.digest.to_hex());
                if (!removed && !remover_.is_alone() && removed.error().code == util::ErrorCode::failure)
                    continue; // in use
                SF_CHECK(removed);
            }
            report_.garbage.push_back(
                {"image", image.name, "its recipe has changed", image.complete ? image.bytes : 0});
        }
        return {};
    }

    Status drop_logs()
    {
        const auto oldest = now() - std::int64_t{site_.cache.keep_days} * day;
        for (const auto& path : children(site_.logs()))
            if (modified(path) < oldest)
                SF_CHECK(remove("log", path, days_ago(modified(path), now())));
        return {};
    }

    const Context& context_;
    const site::Site& site_;
    const Remover& remover_;
    store::Database& database_;
    store::LayerStore layers_;
    bool dry_run_;
    GarbageReport report_;
    std::set<util::Digest> live_;
    std::map<util::Digest, std::uint64_t> sizes_; ///< of the layers on disk
    std::set<util::Digest> claimed_;              ///< layers that those beside us need
    std::map<util::Digest, int> users_;           ///< actions that have the layer
    std::vector<util::Digest> dropped_;
};

} // namespace

Result<GarbageReport> collect_garbage(const Context& context, bool dry_run)
{
    SF_TRY(const auto remover, Remover::beside(context.site));
    SF_TRY(auto database, store::Database::open(context.site.database()));
    return Collection(context, remover, database, dry_run).run();
}

} // namespace sf::app
