// What the rules of one garbage collection share. Private to `app`.
#pragma once

#include "app/session/presence.hpp"
#include "app/session/session.hpp"
#include "app/upkeep/budget.hpp"
#include "app/upkeep/garbage.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sf::app {

inline constexpr std::int64_t seconds_of_day = 86400;

/// Rules add to the report and, unless it is a dry run, remove.
struct Sweep {
    const Session& session;
    const Remover& remover;
    bool dry_run = false;
    GarbageReport report;

    /// Whether those who are present need what was last used then.
    [[nodiscard]] bool spares(std::int64_t used) const { return used >= remover.since(); }
};

/// "last used 41 days ago"
[[nodiscard]] std::string days_ago(std::int64_t used);
/// What was last used before goes by its age, in seconds since 1970.
[[nodiscard]] std::int64_t oldest_to_keep(const site::Site& site);

using Remove = std::function<util::Result<bool>()>;
/// Whether the thing goes; then it is in the report. `remove` may find that it stays after all; a dry run does not ask.
[[nodiscard]] util::Result<bool> drop(Sweep& sweep, Garbage garbage, const Remove& remove);
/// Drops the file or directory.
[[nodiscard]] util::Status drop_path(Sweep& sweep, std::string kind, const std::filesystem::path& path,
                                     std::string why);

/// A cache that has a budget, in words.
struct Budget {
    const char* kind;        ///< of a thing of it, for the report: "log"
    const char* exceeded;    ///< "the logs are over their budget"
    const char* setting;     ///< "cache.logs"
    const char* needed;      ///< what may be more than the budget: "what running builds write"
    std::uint64_t bytes = 0; ///< 0: no bound
};
/// Drops what keep_to_budget() chooses.
[[nodiscard]] util::Status drop_over_budget(Sweep& sweep, const Budget& budget, std::vector<CachedThing> things,
                                            const std::function<util::Result<bool>(const CachedThing&)>& remove);
/// Notes that what stays is more than the budget, if it is.
void note_excess(Sweep& sweep, const Budget& budget, std::uint64_t bytes);

} // namespace sf::app
