// A request that is ready to be carried out: what `build` does with it, and checks of builds.
#pragma once

#include "app/images/base_images.hpp"
#include "app/remotes/remote_packages.hpp"
#include "app/request/solving.hpp"
#include "app/session/presence.hpp"
#include "engine/engine.hpp"
#include "sandbox/sandbox.hpp"
#include "source/fetcher.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/files/fs.hpp"

#include <memory>

namespace sf::app {

/// The solved and planned request, its base image known, and the store open. While it lives the image cannot be
/// removed, and removers keep everything that it claims.
class PreparedBuild {
public:
    /// Sweeps away what killed runs left in ROOT/work. Errors: those of solve_request() and of making the image.
    [[nodiscard]] static util::Result<std::unique_ptr<PreparedBuild>> open(const Session& session,
                                                                           const BuildRequest& request);
    /// The same of a request that is solved already.
    [[nodiscard]] static util::Result<std::unique_ptr<PreparedBuild>>
    open(const Session& session, const BuildRequest& request, SolvedRequest solved);
    PreparedBuild(const PreparedBuild&) = delete;
    PreparedBuild& operator=(const PreparedBuild&) = delete;
    ~PreparedBuild() = default;

    [[nodiscard]] const SolvedRequest& solved() const { return solved_; }
    [[nodiscard]] const plan::Plan& plan() const { return *plan_; }
    [[nodiscard]] const store::LayerStore& layers() const { return session_.layers(); }
    [[nodiscard]] store::Database& database() { return database_; }
    /// What the engine works with; refers to this object.
    [[nodiscard]] engine::EngineContext engine();

private:
    PreparedBuild(const Session& session, SolvedRequest solved, Presence presence, store::Database& database,
                  std::unique_ptr<BaseImages> images);
    [[nodiscard]] util::Result<std::unique_ptr<sandbox::Backend>> make_backend();
    [[nodiscard]] util::Result<std::filesystem::path> make_floor_kit(sandbox::Backend& backend);

    const Session& session_;
    SolvedRequest solved_;
    Presence presence_;
    store::Database& database_;
    source::Fetcher fetcher_;
    std::unique_ptr<BaseImages> images_;
    RemotePackages remote_packages_;
    std::optional<HeldImage> image_;
    std::optional<plan::Plan> plan_;
};

} // namespace sf::app
