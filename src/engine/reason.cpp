#include "engine/reason.hpp"

namespace sf::engine {

NearestBuild nearest_build(const std::vector<store::Action>& earlier, const plan::KeyInputs& inputs)
{
    NearestBuild nearest;
    for (const auto& action : earlier) {
        auto changes = plan::difference(plan::KeyInputs::parse(action.inputs), inputs);
        if (nearest.action && nearest.changes.size() <= changes.size())
            continue;
        nearest.action = action;
        nearest.changes = std::move(changes);
    }
    return nearest;
}

event::PackageNeeded why_needed(const plan::Step& step, const plan::KeyInputs& inputs,
                                const std::vector<store::Action>& earlier)
{
    event::PackageNeeded needed{step.id(), {}, {}, {}, {}};
    const auto nearest = nearest_build(earlier, inputs);
    if (!nearest.action)
        return needed;
    needed.compared_with = fmt::format("{}@{}", nearest.action->package, nearest.action->version);
    for (const auto& change : nearest.changes)
        needed.changes.push_back(change.name);
    needed.last_wall_seconds = earlier.front().wall_seconds;
    needed.last_cpu_seconds = earlier.front().cpu_seconds;
    return needed;
}

} // namespace sf::engine
