// Carries a plan out.
#pragma once

#include "engine/package/package_builder.hpp"
#include "plan/plan.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace sf::engine {

/// What the engine works with. The backend is made, and probed, only if something must be built.
struct EngineContext {
    const site::Site& site;
    store::Database& database;
    store::LayerStore& layers;
    source::Fetcher& fetcher;
    const image::Image& image;
    event::Sink& events;
    std::function<util::Result<std::unique_ptr<sandbox::Backend>>()> make_backend;
    /// The kit of the plan's glibc floor, made when the first package is to be built; empty where there is no floor.
    std::function<util::Result<std::filesystem::path>(sandbox::Backend&)> make_floor_kit;
    /// Pulls the layers of this key from a remote into the store; nullopt if no remote has them. Called from several
    /// threads. None: there is no remote.
    std::function<util::Result<std::optional<store::Action>>(const plan::Step&, const util::Digest& key)> pull = {};
    /// Shared by concurrent runs; none: this run makes its own.
    Jobserver* jobserver = nullptr;
};

struct BuildResult {
    std::vector<store::Action> actions; ///< by step
    unsigned built = 0;
    unsigned reused = 0; ///< the store had them
    unsigned pulled = 0; ///< they came from elsewhere
};

/// Pulls or builds every step that the store does not have, several at a time over one jobserver, the longest remaining
/// path first; sources are fetched meanwhile. When a step fails no new one starts, those that run are finished and
/// kept, and the error is the first failure's. A stop request ends all within a second or two (code interrupted).
[[nodiscard]] util::Result<BuildResult> run_plan(const EngineContext& context, const plan::Plan& plan,
                                                 const util::StopToken& stop);

} // namespace sf::engine
