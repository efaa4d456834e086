// Which things of a cache go when it is larger than its budget. Private to `app`.
#pragma once

#include "util/error.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sf::app {

/// One thing that a cache holds.
struct CachedThing {
    std::string id;   ///< by which it is removed: a digest, a file's name
    std::string name; ///< by which it is told of
    std::uint64_t bytes = 0;
    std::int64_t used = 0; ///< the last time, in seconds since 1970
    bool needed = false;   ///< stays, whatever the budget
};

/// Has things removed, those used longest ago first, until the others take no more than the budget (0: no bound) or are
/// all needed. `remove` says whether the thing went; another goes for one that did not. The bytes that stay.
[[nodiscard]] util::Result<std::uint64_t>
keep_to_budget(std::vector<CachedThing> things, std::uint64_t budget,
               const std::function<util::Result<bool>(const CachedThing&)>& remove);

} // namespace sf::app
