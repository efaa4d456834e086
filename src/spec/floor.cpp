#include "spec/floor.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::spec {

util::Result<Floor> Floor::parse(std::string_view text)
{
    if (std::find(known_floors.begin(), known_floors.end(), text) != known_floors.end())
        return Floor(text);
    return util::fail(util::ErrorCode::usage, fmt::format("there is no glibc floor '{}'", text),
                      fmt::format("known: {}", util::join({known_floors.begin(), known_floors.end()}, ", ")));
}

} // namespace sf::spec
