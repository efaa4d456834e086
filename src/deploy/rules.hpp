// What Slurm allows of versions beside one another, and of changes of a version. Pure.
//
// https://slurm.schedmd.com/upgrades.html: the order slurmdbd, slurmctld, slurmd, commands; the compatibility window;
// "Reverting an Upgrade".
#pragma once

#include "deploy/release.hpp"
#include "deploy/role.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sf::deploy {

/// A version that a role has somewhere.
struct Fact {
    Role role = Role::client;
    std::string version; ///< "24.11.5"; what it is when it is no release of Slurm's is said then
    std::string where;   ///< for people: "on ctl1"
};

/// A role whose version changes.
struct Move {
    Role role = Role::client;
    std::optional<std::string> from; ///< nullopt: it had none there
    std::string to;
    std::string where;
};

struct Violation {
    std::string rule;   ///< what Slurm allows
    std::string detail; ///< what is against it here
    auto operator<=>(const Violation&) const = default;
};

/// What is against the rules once all `moves` are made and `others` stay as they are, each once. A fact about a role
/// that moves is left out by the caller where it ends with the move. Between facts alone nothing is checked.
[[nodiscard]] std::vector<Violation> check_rules(const std::vector<Move>& moves, const std::vector<Fact>& others);

} // namespace sf::deploy
