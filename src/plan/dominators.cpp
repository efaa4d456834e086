#include "plan/dominators.hpp"

#include <optional>

namespace sf::plan {

namespace {

using Edges = std::vector<std::vector<std::size_t>>;

/// Whether `root` reaches each place by ways that do not touch `without`.
std::vector<bool> reached(const Edges& edges, std::size_t root, std::optional<std::size_t> without)
{
    std::vector<bool> seen(edges.size(), false);
    std::vector<std::size_t> waiting;
    const auto visit = [&](std::size_t place) {
        if (place == without || seen[place])
            return;
        seen[place] = true;
        waiting.push_back(place);
    };
    visit(root);
    while (!waiting.empty()) {
        const auto place = waiting.back();
        waiting.pop_back();
        for (const auto next : edges[place])
            visit(next);
    }
    return seen;
}

} // namespace

std::vector<std::vector<std::size_t>> dominated(const Edges& edges, std::size_t root)
{
    // One walk for each place: a closure has tens of packages, so nothing cleverer is needed.
    std::vector<std::vector<std::size_t>> result(edges.size());
    const auto closure = reached(edges, root, std::nullopt);
    for (std::size_t place = 0; place < edges.size(); ++place) {
        if (!closure[place])
            continue;
        const auto left = reached(edges, root, place);
        for (std::size_t other = 0; other < edges.size(); ++other)
            if (closure[other] && !left[other])
                result[place].push_back(other);
    }
    return result;
}

} // namespace sf::plan
