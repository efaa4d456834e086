#include "app/upkeep/sweep.hpp"

#include "app/session/disk_usage.hpp"
#include "util/files/fs.hpp"

namespace sf::app {

using util::Result;
using util::Status;

std::string days_ago(std::int64_t used)
{
    return used == 0 ? "last used before uses were recorded"
                     : fmt::format("last used {} days ago", (now() - used) / seconds_of_day);
}

std::int64_t oldest_to_keep(const site::Site& site)
{
    return now() - std::int64_t{site.cache.keep_days} * seconds_of_day;
}

Result<bool> drop(Sweep& sweep, Garbage garbage, const Remove& remove)
{
    SF_CHECK(sweep.session.stop.check());
    if (!sweep.dry_run) {
        SF_TRY(const bool gone, remove());
        if (!gone)
            return false;
    }
    sweep.report.garbage.push_back(std::move(garbage));
    return true;
}

Status drop_path(Sweep& sweep, std::string kind, const std::filesystem::path& path, std::string why)
{
    SF_TRY(const bool gone, drop(sweep, {std::move(kind), path.filename().string(), std::move(why), tree_bytes(path)},
                                 [&path]() -> Result<bool> {
                                     SF_CHECK(util::remove_tree(path));
                                     return true;
                                 }));
    static_cast<void>(gone);
    return {};
}

Status drop_over_budget(Sweep& sweep, const Budget& budget, std::vector<CachedThing> things,
                        const std::function<Result<bool>(const CachedThing&)>& remove)
{
    SF_TRY(
        const auto bytes, keep_to_budget(std::move(things), budget.bytes, [&](const CachedThing& thing) {
            auto why = fmt::format("{}; {}", budget.exceeded, days_ago(thing.used));
            return drop(sweep, {budget.kind, thing.name, std::move(why), thing.bytes}, [&] { return remove(thing); });
        }));
    note_excess(sweep, budget, bytes);
    return {};
}

void note_excess(Sweep& sweep, const Budget& budget, std::uint64_t bytes)
{
    if (budget.bytes != 0 && bytes > budget.bytes)
        sweep.report.excesses.push_back({budget.setting, budget.needed, bytes});
}

} // namespace sf::app
