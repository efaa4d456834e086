// The parts of Slurm that are upgraded one after the other.
#pragma once

#include "util/error.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace sf::deploy {

/// In the order in which they are upgraded.
enum class Role { slurmdbd, slurmctld, slurmd, client };

inline constexpr std::array<Role, 4> all_roles = {Role::slurmdbd, Role::slurmctld, Role::slurmd, Role::client};

[[nodiscard]] std::string_view to_string(Role role);
/// The link below the prefix that says which version the role has: "dbd", "ctld", "d", "current".
[[nodiscard]] std::string_view link_of(Role role);
[[nodiscard]] std::optional<Role> role_of_link(std::string_view link);
/// The daemon of that name; nullopt for other programs.
[[nodiscard]] std::optional<Role> role_of_program(std::string_view program);

/// "slurmd,client" or "all", which is nullopt. Error (usage) for another word.
[[nodiscard]] util::Result<std::optional<std::vector<Role>>> parse_roles(std::string_view text);

} // namespace sf::deploy
