#include "engine/key_walk.hpp"

#include <algorithm>

namespace sf::engine {

bool KeyWalk::has_key(std::size_t step) const
{
    const auto& inputs = plan_->steps[step].inputs;
    return std::all_of(inputs.begin(), inputs.end(), [this](std::size_t input) { return actions_[input].has_value(); });
}

std::vector<const store::Action*> KeyWalk::inputs(std::size_t step) const
{
    std::vector<const store::Action*> inputs;
    for (const auto input : plan_->steps[step].inputs)
        inputs.push_back(&*actions_[input]);
    return inputs;
}

plan::KeyInputs KeyWalk::key_inputs(std::size_t step) const
{
    std::vector<plan::InputLayers> layers;
    for (const auto* input : inputs(step))
        layers.push_back({input->package, input->layers.run, input->layers.dev});
    return plan::key_inputs(*plan_, plan_->steps[step], layers);
}

std::vector<std::size_t> KeyWalk::open_steps() const
{
    std::vector<std::size_t> open;
    for (std::size_t step = 0; step < actions_.size(); ++step)
        if (!actions_[step] && has_key(step))
            open.push_back(step);
    return open;
}

bool KeyWalk::is_complete() const
{
    return std::all_of(actions_.begin(), actions_.end(), [](const auto& action) { return action.has_value(); });
}

std::vector<store::Action> KeyWalk::actions() const
{
    std::vector<store::Action> all;
    for (const auto& action : actions_)
        if (action)
            all.push_back(*action);
    return all;
}

} // namespace sf::engine
