// A request that is ready to be carried out: what `build` does with it, and checks of builds.
#pragma once

#include "app/base_images.hpp"
#include "app/presence.hpp"
#include "app/remote_packages.hpp"
#include "app/workbench.hpp"
#include "build/engine.hpp"
#include "sandbox/sandbox.hpp"
#include "source/fetcher.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/fs.hpp"

#include <memory>

namespace sf::app {

/// The solved and planned request, its base image known, and the store open. While it lives the image cannot be
/// removed, and whoever removes anything else leaves alone what it claims.
class Job {
public:
    /// Sweeps away what killed runs left in ROOT/work. Errors: those of solve_request() and of making the image.
    [[nodiscard]] static util::Result<std::unique_ptr<Job>> open(const Context& context, const BuildRequest& request);
    /// The same of a request that is solved already.
    [[nodiscard]] static util::Result<std::unique_ptr<Job>> open(const Context& context, const BuildRequest& request,
                                                                 Planned planned);
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    ~Job() = default;

    [[nodiscard]] const Planned& planned() const { return planned_; }
    [[nodiscard]] const plan::Plan& plan() const { return *plan_; }
    [[nodiscard]] const store::LayerStore& layers() const { return layers_; }
    [[nodiscard]] store::Database& database() { return database_; }
    /// What the engine works with; refers to this object.
    [[nodiscard]] build::EngineContext engine();

private:
    Job(const Context& context, Planned planned, Presence presence, store::Database database,
        std::unique_ptr<Remotes> remotes);
    [[nodiscard]] util::Result<std::unique_ptr<sandbox::Backend>> make_backend();
    [[nodiscard]] util::Result<std::filesystem::path> make_floor_kit(sandbox::Backend& backend);

    const Context& context_;
    Planned planned_;
    Presence presence_;
    store::Database database_;
    store::LayerStore layers_;
    source::Fetcher fetcher_;
    std::unique_ptr<Remotes> remotes_;
    BaseImages images_;
    RemotePackages remote_packages_;
    std::optional<HeldImage> image_;
    std::optional<plan::Plan> plan_;
};

} // namespace sf::app
