#include "deploy/role.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <string>

namespace sf::deploy {

namespace {

struct Names {
    Role role;
    std::string_view name;
    std::string_view link;
};

constexpr std::array<Names, 4> names = {{{Role::slurmdbd, "slurmdbd", "dbd"},
                                         {Role::slurmctld, "slurmctld", "ctld"},
                                         {Role::slurmd, "slurmd", "d"},
                                         {Role::client, "client", "current"}}};

std::optional<Role> find_role(std::string_view Names::*member, std::string_view text)
{
    const auto found = std::find_if(names.begin(), names.end(), [&](const Names& one) { return one.*member == text; });
    return found == names.end() ? std::nullopt : std::optional(found->role);
}

} // namespace

std::string_view to_string(Role role)
{
    return names.at(static_cast<std::size_t>(role)).name;
}

std::string_view link_of(Role role)
{
    return names.at(static_cast<std::size_t>(role)).link;
}

std::optional<Role> role_of_link(std::string_view link)
{
    return find_role(&Names::link, link);
}

std::optional<Role> role_of_program(std::string_view program)
{
    const auto role = find_role(&Names::name, program);
    return role == Role::client ? std::nullopt : role;
}

util::Result<std::optional<std::vector<Role>>> parse_roles(std::string_view text)
{
    if (text == "all")
        return std::nullopt;
    std::vector<Role> roles;
    for (const auto& word : util::split(text, ',')) {
        const auto role = find_role(&Names::name, word);
        if (!role)
            return util::fail(util::ErrorCode::usage, fmt::format("there is no role '{}'", word),
                              "the roles are slurmdbd, slurmctld, slurmd, client, or all");
        roles.push_back(*role);
    }
    std::sort(roles.begin(), roles.end());
    roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
    return roles;
}

} // namespace sf::deploy
