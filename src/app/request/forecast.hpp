// What a build would do: which packages the store has, and how long the others took the last time.
#pragma once

#include "app/request/solving.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"

#include <optional>
#include <vector>

namespace sf::app {

/// One package of the solution.
struct PackageForecast {
    const plan::Step* step = nullptr;
    const solve::SolvedPackage* solved = nullptr;
    bool ships = false;
    std::optional<store::Action> action; ///< set when the store has its layers
    std::optional<double> cpu_seconds;   ///< of its last build, of any version
};

/// Points into the SolvedRequest it was made from.
struct Forecast {
    plan::Plan plan;
    bool image_made = false;
    std::vector<PackageForecast> packages; ///< by step
    unsigned to_build = 0;
    unsigned unknown = 0; ///< of those, how many were never built here
    double seconds = 0; ///< estimate for the others: the longest chain, or all CPU time over the jobs, if that is more

    [[nodiscard]] const PackageForecast* find(std::string_view package) const;
};

/// Error (failure) when the store lacks a package: the message names them.
[[nodiscard]] util::Status require_built(const Forecast& forecast);

/// What the store has of every package, by step; garbage collection spares it from now on. Errors: those of
/// require_built(); failure when something is removed in this moment.
[[nodiscard]] util::Result<std::vector<store::Action>> claim_built(const Forecast& forecast,
                                                                   const store::LayerStore& layers);

[[nodiscard]] util::Result<Forecast> make_forecast(const Session& session, const SolvedRequest& solved);

} // namespace sf::app
