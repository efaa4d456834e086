// Archives of sources, logs, and compiler caches.
#include "app/session/disk_usage.hpp"
#include "app/upkeep/garbage_rules.hpp"
#include "engine/package/compiler_cache.hpp"
#include "site/logs.hpp"
#include "source/source_cache.hpp"
#include "util/files/claim.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::Result;
using util::Status;

Status drop_partial_sources(Sweep& sweep, const fs::path& cache)
{
    for (const auto& path : util::readable_paths_in(cache / "partial"))
        if (modified(path) < now() - seconds_of_day)
            SF_CHECK(drop_path(sweep, "source", path, "a transfer that was never resumed"));
    if (sweep.dry_run || !sweep.remover.is_alone())
        return {};
    for (const auto& path : util::readable_paths_in(cache)) // left by a collection that was killed
        if (path.filename().string().starts_with(util::removing_prefix))
            SF_CHECK(util::remove_tree(path));
    return {};
}

CachedThing look_at(const Sweep& sweep, const fs::path& path)
{
    const auto used = util::claimed_at(path);
    const auto name = path.filename().string();
    return {name, name, tree_bytes(path), used, sweep.spares(used)};
}

Result<bool> drop_old_log(Sweep& sweep, const fs::path& path, const CachedThing& log)
{
    if (log.needed || log.used >= oldest_to_keep(sweep.session.site))
        return false;
    return drop(sweep, {"log", log.name, days_ago(log.used), log.bytes},
                [&] { return site::log_claims(sweep.session.site).remove(path, sweep.remover.since()); });
}

} // namespace

Status drop_sources(Sweep& sweep)
{
    const auto& site = sweep.session.site;
    SF_CHECK(drop_partial_sources(sweep, site.source_cache()));
    std::vector<CachedThing> archives;
    for (const auto& path : util::readable_paths_in(site.source_cache()))
        if (util::Digest::parse(path.filename().string()))
            archives.push_back(look_at(sweep, path));
    return drop_over_budget(sweep,
                            {"source", "the source cache is over its budget", "cache.sources",
                             "what running builds need", site.cache.sources_bytes},
                            std::move(archives), [&](const CachedThing& archive) {
                                return source::SourceCache(site.source_cache())
                                    .remove(*util::Digest::parse(archive.id), sweep.remover.since());
                            });
}

Status drop_logs(Sweep& sweep)
{
    const auto& site = sweep.session.site;
    std::vector<CachedThing> logs;
    for (const auto& path : util::readable_paths_in(site.logs())) {
        auto log = look_at(sweep, path);
        SF_TRY(const bool gone, drop_old_log(sweep, path, log));
        if (!gone)
            logs.push_back(std::move(log));
    }
    return drop_over_budget(
        sweep,
        {"log", "the logs are over their budget", "cache.logs", "what running builds write", site.cache.logs_bytes},
        std::move(logs), [&](const CachedThing& log) {
            return site::log_claims(site).remove(site.logs() / log.id, sweep.remover.since());
        });
}

Status drop_compiler_caches(Sweep& sweep)
{
    const auto& site = sweep.session.site;
    // A directory that the site names may hold other files; in our own everything beside the packages' is old.
    if (site.ccache_directory() == site.root / site::Compiler::usual_directory)
        for (const auto& path : util::readable_paths_in(site.ccache_directory()))
            if (path != site.compiler_caches())
                SF_CHECK(drop_path(sweep, "compiler", path, "all packages shared it; each has its own now"));
    const auto budget = site.cache.compiler_bytes;
    if (budget == 0)
        return {};
    SF_TRY(const auto freed, engine::trim_compiler_caches(site.compiler_caches(), budget, sweep.dry_run));
    if (freed > 0)
        sweep.report.garbage.push_back({"compiler", "objects", "the compiler caches are over their budget", freed});
    return {};
}

} // namespace sf::app
