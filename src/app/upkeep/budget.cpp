#include "app/upkeep/budget.hpp"

#include <algorithm>
#include <tuple>

namespace sf::app {

util::Result<std::uint64_t> keep_to_budget(std::vector<CachedThing> things, std::uint64_t budget,
                                           const std::function<util::Result<bool>(const CachedThing&)>& remove)
{
    std::sort(things.begin(), things.end(), [](const CachedThing& left, const CachedThing& right) {
        return std::tie(left.used, left.id) < std::tie(right.used, right.id);
    });
    std::uint64_t bytes = 0;
    for (const auto& thing : things)
        bytes += thing.bytes;
    for (const auto& thing : things) {
        if (budget == 0 || bytes <= budget)
            break;
        if (thing.needed || thing.bytes == 0)
            continue;
        SF_TRY(const bool gone, remove(thing));
        if (gone)
            bytes -= thing.bytes;
    }
    return bytes;
}

} // namespace sf::app
