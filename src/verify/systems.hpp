// Which distributions a tree runs on.
#pragma once

#include "spec/target.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sf::verify {

/// What a tree asks of the system.
struct SystemNeeds {
    std::string glibc;                  ///< "2.34": that or a later one
    std::optional<spec::Target> target; ///< nullopt: nothing
    std::vector<std::string> libraries; ///< that it takes from the system
};

/// One release of a distribution.
struct SystemVerdict {
    std::string family;  ///< "Debian"
    std::string release; ///< "12"
    std::string glibc;   ///< "2.36"
    bool runs = false;
    bool any_processor = false; ///< that the release runs on is enough; false: it must have the tree's target
    std::string reason;         ///< why it does not run there; empty when it does
};

/// Releases in the order of their families, older ones first. Nothing when no glibc is needed.
[[nodiscard]] std::vector<SystemVerdict> judge_systems(const SystemNeeds& needs);

/// "Debian 12+, Ubuntu 22.04+" of those that run (or do not): a family's last releases are one item with a plus.
[[nodiscard]] std::string list_systems(const std::vector<SystemVerdict>& verdicts, bool runs);

/// The needed libraries that some of the releases may not have and nothing is known of.
[[nodiscard]] std::vector<std::string> libraries_in_doubt(const std::vector<std::string>& libraries);

} // namespace sf::verify
