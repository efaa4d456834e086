#include "app/upkeep/caches.hpp"

#include "app/session/disk_usage.hpp"
#include "app/session/presence.hpp"
#include "sandbox/lxd/lxd.hpp"
#include "store/layer_store.hpp"
#include "util/files/directory.hpp"
#include "util/text.hpp"

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::Result;
using util::Status;

CacheSize size_of(std::string name, const fs::path& path, std::uint64_t budget)
{
    return {std::move(name), path.string(), util::readable_paths_in(path).size(), tree_bytes(path), budget};
}

} // namespace

Result<GarbageReport> clean(const Session& session, bool full, bool dry_run)
{
    const auto& site = session.site;
    SF_TRY(const auto remover, Remover::alone(site));
    GarbageReport report;
    const auto remove = [&](const char* kind, const fs::path& path, const char* why) -> Status {
        if (!util::path_exists(path))
            return {};
        report.garbage.push_back({kind, path.filename().string(), why, tree_bytes(path)});
        return dry_run ? Status() : util::remove_tree(path);
    };
    for (const auto& path : util::readable_paths_in(site.work()))
        if (path.filename() != "lock")
            SF_CHECK(remove("work", path, "left by a build that was stopped"));
    if (!dry_run)
        SF_CHECK(session.layers().sweep());
    if (site.backend == "lxd" && !dry_run)
        SF_CHECK(sandbox::clean_lxd({}, full ? sandbox::LxdRemains::everything : sandbox::LxdRemains::leftovers,
                                    session.stop));
    if (!full)
        return report;
    const char* again = "can be made again";
    for (const char* suffix : {"", "-wal", "-shm"}) // first, so that nothing is promised that is not there
        SF_CHECK(remove("index", site.database().string() + suffix, again));
    SF_CHECK(remove("layers", site.layers(), again));
    SF_CHECK(remove("images", site.images(), again));
    SF_CHECK(remove("caches", site.root / "cache", again));
    SF_CHECK(remove("logs", site.logs(), again));
    return report;
}

Status unpin(const Session& session, const std::string& name)
{
    SF_TRY(auto* const database, session.database());
    SF_TRY(const auto roots, database->kept());
    const auto root = std::string(pin_prefix) + name;
    if (roots.contains(root))
        return database->keep(root, {});
    std::vector<std::string> known;
    for (const auto& [other, keys] : roots)
        if (other.starts_with(pin_prefix))
            known.push_back(other.substr(pin_prefix.size()));
    return util::fail(util::ErrorCode::usage, fmt::format("there is no pin '{}'", name),
                      known.empty() ? "there are no pins" : "pins: " + util::join(known, ", "));
}

Result<CacheStats> cache_stats(const Session& session, unsigned runs)
{
    const auto& site = session.site;
    CacheStats stats;
    stats.caches = {size_of("layers", site.layers(), site.cache.layers_bytes),
                    size_of("sources", site.source_cache(), site.cache.sources_bytes),
                    size_of("compiler", site.compiler_caches(), site.cache.compiler_bytes),
                    size_of("images", site.images(), site.cache.images_bytes),
                    size_of("logs", site.logs(), site.cache.logs_bytes)};
    SF_TRY(auto* const database, session.find_database());
    if (database == nullptr)
        return stats;
    SF_TRY(const auto roots, database->kept());
    for (const auto& [root, keys] : roots)
        if (root.starts_with(pin_prefix) || util::path_exists(root))
            stats.kept.push_back(root);
    SF_TRY(stats.runs, database->runs(runs));
    return stats;
}

} // namespace sf::app
