// The members of a closure that are there only because of one other member.
#pragma once

#include <cstddef>
#include <vector>

namespace sf::plan {

/// By place: the place itself and all others that `root` reaches through it only, in ascending order: what would leave
/// the closure of `root` with it. Empty for a place that `root` does not reach. `edges` has the direct dependencies of
/// each place; rings are allowed.
[[nodiscard]] std::vector<std::vector<std::size_t>> dominated(const std::vector<std::vector<std::size_t>>& edges,
                                                              std::size_t root);

} // namespace sf::plan
