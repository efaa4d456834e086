// Why a package has to be built.
#pragma once

#include "event/event.hpp"
#include "plan/key.hpp"
#include "store/database.hpp"

#include <optional>
#include <vector>

namespace sf::engine {

/// The earlier build of a package that is most like one to come.
struct NearestBuild {
    std::optional<store::Action> action;    ///< none: there was no build before
    std::vector<plan::InputChange> changes; ///< from that build's key; empty: the same inputs
};

/// The one whose inputs differ in the fewest places; of those the first, and so the newest of Database::actions_of().
[[nodiscard]] NearestBuild nearest_build(const std::vector<store::Action>& earlier, const plan::KeyInputs& inputs);

/// For people: what it is compared with, and how long its newest build took.
[[nodiscard]] event::PackageNeeded why_needed(const plan::Step& step, const plan::KeyInputs& inputs,
                                              const std::vector<store::Action>& earlier);

} // namespace sf::engine
