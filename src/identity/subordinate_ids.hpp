// Ranges of ids that an administrator lends to a user: /etc/subuid and /etc/subgid (subuid(5)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sf::identity {

struct IdRange {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    auto operator<=>(const IdRange&) const = default;
};

struct Person {
    std::string name; ///< may be empty: not every id has one
    unsigned id = 0;
};

/// The ranges of one person, by name or number, in the file's order. Lines that are none are passed over, as
/// newuidmap(1) does.
[[nodiscard]] std::vector<IdRange> ranges_of(std::string_view file, const Person& person);

/// The words that newuidmap(1) takes after the process: 0 is `own`, 1 and up are the ranges one after the other.
[[nodiscard]] std::vector<std::string> map_arguments(unsigned own, const std::vector<IdRange>& ranges);

/// Whether a map of map_arguments() has `id`.
[[nodiscard]] bool reaches(const std::vector<IdRange>& ranges, std::uint64_t id);

/// The complete usermod(8) command that gives the person unused ranges.
[[nodiscard]] std::string lending_command(std::string_view subuid, std::string_view subgid, const Person& person);

} // namespace sf::identity
