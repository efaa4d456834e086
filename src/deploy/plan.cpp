#include "deploy/plan.hpp"

#include "deploy/hostlist.hpp"

#include <algorithm>
#include <tuple>

namespace sf::deploy {

namespace {

using Hosts = std::vector<std::string>;

std::string on(const Hosts& hosts)
{
    return "on " + fold_hostlist(hosts);
}

/// "24.11.5" of "24.11.5-0123456789ab".
std::string slurm_version_of(const std::string& version)
{
    return version.substr(0, version.rfind('-'));
}

std::vector<Role> roles_in(const std::map<Role, std::string>& links)
{
    std::vector<Role> roles;
    roles.reserve(links.size());
    for (const auto& [role, version] : links)
        roles.push_back(role);
    return roles;
}

std::optional<std::string> value(const std::map<Role, std::string>& links, Role role)
{
    const auto found = links.find(role);
    return found == links.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Move> collect_moves(const std::vector<HostInfo>& hosts, const std::vector<HostPlan>& plans)
{
    std::map<std::tuple<Role, std::optional<std::string>, std::string>, Hosts> groups;
    for (std::size_t i = 0; i < plans.size(); ++i)
        for (const auto& [role, change] : plans[i].moves) {
            groups[{role, change.from, change.to}].push_back(hosts[i].host);
            const auto running = hosts[i].state.running.find(role);
            if (running == hosts[i].state.running.end())
                continue;
            for (const auto& version : running->second)
                if (version != change.from)
                    groups[{role, version, change.to}].push_back(hosts[i].host);
        }
    std::vector<Move> moves;
    for (const auto& [key, where] : groups) {
        const auto& [role, from, to] = key;
        moves.push_back({role, from ? std::optional(slurm_version_of(*from)) : from, slurm_version_of(to), on(where)});
    }
    return moves;
}

/// What a role that stays is, by version.
std::map<std::string, Hosts> versions_of(Role role, const std::vector<HostInfo>& hosts,
                                         const std::vector<HostPlan>& plans)
{
    std::map<std::string, Hosts> linked;
    std::map<std::string, Hosts> running;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        if (plans[i].moves.contains(role))
            continue;
        const auto& state = hosts[i].state;
        const auto link = value(state.links, role);
        const auto daemons = state.running.find(role);
        const bool runs = daemons != state.running.end();
        if (runs)
            for (const auto& version : daemons->second)
                running[version].push_back(hosts[i].host);
        if (link && runs && !daemons->second.contains(*link))
            running[*link].push_back(hosts[i].host);
        if (link)
            linked[*link].push_back(hosts[i].host);
    }
    return running.empty() ? linked : running;
}

} // namespace

HostPlan plan_deploy(const HostState& state, const std::string& version, bool activate,
                     const std::optional<std::vector<Role>>& roles)
{
    HostPlan plan;
    plan.install = !state.has(version);
    if (!activate)
        return plan;
    auto wanted = roles.value_or(roles_in(state.links));
    if (wanted.empty())
        wanted.assign(all_roles.begin(), all_roles.end());
    for (const auto role : wanted)
        if (const auto from = value(state.links, role); from != version)
            plan.moves[role] = {from, version};
    return plan;
}

HostPlan plan_rollback(const HostState& state, const std::optional<std::vector<Role>>& roles)
{
    HostPlan plan;
    for (const auto role : roles.value_or(roles_in(state.previous))) {
        const auto from = value(state.links, role);
        const auto to = value(state.previous, role);
        if (!from || !to || from == to)
            plan.refusal = fmt::format("{} has no earlier version", to_string(role));
        else if (!state.has(*to))
            plan.refusal = fmt::format("{} of {} is not installed any more", *to, to_string(role));
        else
            plan.moves[role] = {from, *to};
    }
    if (plan.moves.empty() && plan.refusal.empty())
        plan.refusal = "no role has an earlier version";
    if (!plan.refusal.empty())
        plan.moves.clear();
    return plan;
}

std::vector<Violation> violations(const std::vector<HostInfo>& hosts, const std::vector<HostPlan>& plans,
                                  const Stated& stated)
{
    std::vector<Fact> facts;
    for (const auto role : all_roles) {
        const bool moves =
            std::any_of(plans.begin(), plans.end(), [role](const auto& plan) { return plan.moves.contains(role); });
        const auto said = stated.roles.find(role);
        if (said != stated.roles.end()) {
            for (const auto& version : said->second)
                facts.push_back({role, slurm_version_of(version), "as stated"});
        } else if (stated.others && !moves) {
            facts.push_back({role, slurm_version_of(*stated.others), "as stated"});
        } else {
            for (const auto& [version, where] : versions_of(role, hosts, plans))
                facts.push_back({role, slurm_version_of(version), on(where)});
        }
    }
    return check_rules(collect_moves(hosts, plans), facts);
}

HostState state_after(HostState state, const HostPlan& plan, const std::string& version)
{
    if (plan.install)
        state.versions.insert(state.versions.begin(), version);
    for (const auto& [role, change] : plan.moves) {
        if (change.from)
            state.previous[role] = *change.from;
        state.links[role] = change.to;
    }
    return state;
}

std::vector<std::string> removable(const HostState& state, std::size_t keep, const std::string& spared)
{
    std::vector<std::string> versions;
    for (const auto& version : state.versions)
        if (version != spared && !state.uses(version))
            versions.push_back(version);
    versions.erase(versions.begin(), versions.begin() + static_cast<std::ptrdiff_t>(std::min(keep, versions.size())));
    return versions;
}

} // namespace sf::deploy
