// Packages that need no build: the store has them, or they come from elsewhere.
#pragma once

#include "engine/engine.hpp"
#include "engine/key_walk.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace sf::engine {

/// The recorded action of a key whose layers are all in the store.
[[nodiscard]] util::Result<std::optional<store::Action>>
find_built(store::Database& database, const store::LayerStore& layers, const util::Digest& key);
/// Likewise, and claims the layers (store::LayerStore::claim()).
[[nodiscard]] util::Result<std::optional<store::Action>>
claim_built(store::Database& database, const store::LayerStore& layers, const util::Digest& key);

/// Takes the packages of a plan that need no build. Context and plan must live as long.
class AvailablePackages {
public:
    AvailablePackages(const EngineContext& context, const plan::Plan& plan) :
        context_(context), walk_(plan), asked_(plan.steps.size(), false)
    {
    }

    /// Takes all that the store has and, where EngineContext::pull brings anything, what comes from elsewhere, as many
    /// at a time as the site allows transfers. `on_reused` hears of those from the store. Errors: the store's;
    /// interrupted.
    [[nodiscard]] util::Status take_all(const util::StopToken& stop, const std::function<void(std::size_t)>& on_reused);
    /// Takes one from the store; false where the store lacks it.
    [[nodiscard]] util::Result<bool> take_stored(std::size_t step);

    [[nodiscard]] const KeyWalk& walk() const { return walk_; }
    void add_pulled(std::size_t step, store::Action action);
    void add_built(std::size_t step, store::Action action) { walk_.set(step, std::move(action)); }
    /// Whether others were asked for the key that the step has.
    [[nodiscard]] bool asked_elsewhere(std::size_t step) const { return asked_[step]; }
    [[nodiscard]] unsigned reused() const { return reused_; }
    [[nodiscard]] unsigned pulled() const { return pulled_; }

private:
    /// Whether any of them came from elsewhere.
    util::Result<bool> pull(const std::vector<std::size_t>& steps);

    const EngineContext& context_;
    KeyWalk walk_;
    std::vector<bool> asked_; ///< by step
    unsigned reused_ = 0;
    unsigned pulled_ = 0;
};

} // namespace sf::engine
