// From the bottom of a plan to its top: the key of a step follows from the layers of what it is built against.
#pragma once

#include "plan/key.hpp"
#include "plan/plan.hpp"
#include "store/database.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace sf::engine {

/// The progress of a plan: which of its steps have layers, and therefore which steps have a key. Several threads may
/// call set() for different steps while none reads; the plan must live as long.
class KeyWalk {
public:
    explicit KeyWalk(const plan::Plan& plan) : plan_(&plan), actions_(plan.steps.size()) {}

    [[nodiscard]] const plan::Plan& plan() const { return *plan_; }
    /// Whether all inputs of the step have layers.
    [[nodiscard]] bool has_key(std::size_t step) const;
    /// The inputs of its key; only where it has one.
    [[nodiscard]] plan::KeyInputs key_inputs(std::size_t step) const;
    [[nodiscard]] util::Digest key(std::size_t step) const { return key_inputs(step).digest(); }
    /// The actions of the steps that it is built against, in their order; only where it has a key.
    [[nodiscard]] std::vector<const store::Action*> inputs(std::size_t step) const;

    [[nodiscard]] const std::optional<store::Action>& action(std::size_t step) const { return actions_[step]; }
    void set(std::size_t step, store::Action action) { actions_[step] = std::move(action); }
    /// Steps that have a key and no layers, in plan order.
    [[nodiscard]] std::vector<std::size_t> open_steps() const;
    [[nodiscard]] bool is_complete() const;
    /// The actions there are, in plan order.
    [[nodiscard]] std::vector<store::Action> actions() const;

private:
    const plan::Plan* plan_;
    std::vector<std::optional<store::Action>> actions_; ///< by step
};

} // namespace sf::engine
