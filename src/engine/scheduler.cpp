#include "engine/scheduler.hpp"

#include <algorithm>

namespace sf::engine {

std::vector<double> remaining_paths(const plan::Plan& plan, const std::vector<double>& durations)
{
    // Steps are in dependency order, so dependents are final when their dependencies are reached from the end.
    std::vector<double> after(plan.steps.size(), 0);
    std::vector<double> remaining(plan.steps.size(), 0);
    for (std::size_t place = plan.steps.size(); place-- > 0;) {
        remaining[place] = durations[place] + after[place];
        for (const auto input : plan.steps[place].inputs)
            after[input] = std::max(after[input], remaining[place]);
    }
    return remaining;
}

std::vector<std::size_t> ready_steps(const plan::Plan& plan, const std::vector<StepState>& states,
                                     const std::vector<double>& remaining)
{
    std::vector<std::size_t> ready;
    for (std::size_t place = 0; place < plan.steps.size(); ++place) {
        const auto& needs = plan.steps[place].inputs;
        const bool free = std::all_of(needs.begin(), needs.end(),
                                      [&states](std::size_t need) { return states[need] == StepState::done; });
        if (states[place] == StepState::waiting && free)
            ready.push_back(place);
    }
    std::stable_sort(ready.begin(), ready.end(),
                     [&remaining](std::size_t a, std::size_t b) { return remaining[a] > remaining[b]; });
    return ready;
}

} // namespace sf::engine
