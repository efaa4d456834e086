// Reading JSON that anybody may have written: a cache, a server, a daemon, a file in a foreign tree.
//
// nlohmann's parser does not recurse, but its destructor, its copies and dump() do: 400 kB of '[' end the process. So
// all JSON is read here (tests/structure/json_test.py), and what is refused never becomes a value.
#pragma once

#include "util/error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace sf::json {

/// What a document may cost at most. A value takes some 100 bytes of memory, whatever its text does.
struct Limits {
    std::size_t bytes = std::size_t{16} << 20U;
    std::size_t values = std::size_t{1} << 20U;
    std::size_t depth = 64; ///< arrays and objects inside each other; 1: none inside another
};

/// The value in `text`, which is all of it. Names do not keep their order: nlohmann's type that keeps it looks for each
/// new name among all others, and a million of them take hours. Error verify, the message being the reason alone: "it
/// is no JSON", ...
[[nodiscard]] util::Result<nlohmann::json> read(std::string_view text, const Limits& limits = {});

/// The members of these names of the object in `text`, without a value for what the others hold: of large documents of
/// which little is wanted. The limits are those of the whole text. Error verify as above, also for what is no object.
[[nodiscard]] util::Result<nlohmann::json> read_members(std::string_view text, const std::set<std::string>& names,
                                                        const Limits& limits);

} // namespace sf::json
