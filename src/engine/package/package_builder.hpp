// Building one package in a sandbox and taking its layer.
#pragma once

#include "engine/package/jobserver.hpp"
#include "event/event.hpp"
#include "image/floor.hpp"
#include "image/image.hpp"
#include "plan/key.hpp"
#include "plan/plan.hpp"
#include "sandbox/sandbox.hpp"
#include "site/site.hpp"
#include "source/fetcher.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace sf::engine {

/// What all packages of a run share.
struct Workshop {
    const site::Site& site;
    store::Database& database;
    const store::LayerStore& layers; ///< has those of the dependencies
    store::LayerStore& results;      ///< gets those that are made; usually the same
    sandbox::Backend& backend;
    const image::Image& image;
    Jobserver& jobserver;
    event::Sink& events;
    /// On the host, what a glibc floor's packages are linked with (image::ensure_floor()); empty: there is no floor.
    std::filesystem::path floor_kit = {};
    spec::Floor floor = spec::Floor::host();
    bool ccache = false; ///< what was compiled before need not be compiled again
};

/// One package, ready to be built.
struct Order {
    const plan::Step& step;
    plan::KeyInputs inputs;                         ///< of its key
    std::vector<const store::Action*> dependencies; ///< of step.inputs, in that order
    std::optional<source::Fetched> source;          ///< none unless step.needs_archive()
};

/// Runs the phases, strips, divides and stores the layer, and records the action; when the kernel kills it for lack of
/// memory, once more with one job. The caller holds one jobserver token. Errors: code build (a phase failed: the phase,
/// the last lines of the log and its path; a file of another package was overwritten; something that may not ship was
/// installed), no_space, sandbox, interrupted. Nothing of a failed build stays but its log.
[[nodiscard]] util::Result<store::Action> build_package(const Workshop& shop, const Order& order,
                                                        const util::StopToken& stop);

} // namespace sf::engine
