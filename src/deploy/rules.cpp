#include "deploy/rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::deploy {

namespace {

/// A version with its place in the order of major releases.
struct Placed {
    Release release;
    int index = 0;
};

std::optional<Placed> place(const std::string& version)
{
    const auto release = Release::parse(version);
    const auto index = release ? major_index(*release) : std::nullopt;
    return index ? std::optional(Placed{*release, *index}) : std::nullopt;
}

Violation unknown(Role role, const std::string& version, const std::string& where)
{
    return {"only releases of Slurm can be compared",
            fmt::format("{} {} {} is an unknown release", to_string(role), version, where)};
}

std::string window_rule(const Release& newer)
{
    return fmt::format("{} understands the {} major releases before it", newer.series(), compatibility_window(newer));
}

/// Whether one major release can follow another where both leave state behind.
std::optional<Violation> check_change(const Move& move)
{
    if (!move.from || *move.from == move.to)
        return std::nullopt;
    const auto from = place(*move.from);
    const auto to = place(move.to);
    if (!from)
        return unknown(move.role, *move.from, move.where);
    if (!to)
        return unknown(move.role, move.to, move.where);
    if (to->index < from->index && move.role != Role::client)
        return Violation{
            "a daemon converts its state when it starts as a newer major release, and an older one cannot "
            "read that",
            fmt::format("{} would go from {} back to {} {}", to_string(move.role), *move.from, move.to, move.where)};
    if (to->index - from->index > compatibility_window(to->release))
        return Violation{
            window_rule(to->release) + "; upgrade in steps",
            fmt::format("{} would go from {} to {} {}", to_string(move.role), *move.from, move.to, move.where)};
    return std::nullopt;
}

/// Whether the role that is upgraded first can serve the role that is upgraded later.
std::optional<Violation> check_pair(const Fact& upper, const Fact& lower)
{
    const auto above = place(upper.version);
    const auto below = place(lower.version);
    if (!above)
        return unknown(upper.role, upper.version, upper.where);
    if (!below)
        return unknown(lower.role, lower.version, lower.where);
    const auto both = fmt::format("{} would be {} {}, {} {} {}", to_string(upper.role), upper.version, upper.where,
                                  to_string(lower.role), lower.version, lower.where);
    if (above->index < below->index)
        return Violation{fmt::format("slurmdbd, slurmctld, slurmd, client are upgraded in this order: {} must be at "
                                     "least the major release of {}",
                                     to_string(upper.role), to_string(lower.role)),
                         both};
    if (above->index - below->index > compatibility_window(above->release))
        return Violation{window_rule(above->release), both};
    return std::nullopt;
}

std::optional<Violation> check_two(const Fact& a, const Fact& b)
{
    if (a.role == b.role || a.version == b.version)
        return std::nullopt;
    return a.role < b.role ? check_pair(a, b) : check_pair(b, a);
}

} // namespace

std::vector<Violation> check_rules(const std::vector<Move>& moves, const std::vector<Fact>& others)
{
    std::vector<Violation> found;
    const auto add = [&found](const std::optional<Violation>& violation) {
        if (violation && std::find(found.begin(), found.end(), *violation) == found.end())
            found.push_back(*violation);
    };
    std::vector<Fact> after;
    after.reserve(moves.size());
    for (const auto& move : moves) {
        add(check_change(move));
        after.push_back({move.role, move.to, move.where});
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k)
            add(check_two(after[k], after[i]));
        for (const auto& other : others)
            add(check_two(after[i], other));
    }
    return found;
}

} // namespace sf::deploy
