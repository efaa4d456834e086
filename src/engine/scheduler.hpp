// Which step next: a pure function of the plan, how far it is, and how long steps took before.
#pragma once

#include "plan/plan.hpp"

#include <cstddef>
#include <vector>

namespace sf::engine {

enum class StepState { waiting, running, done, failed };

/// Seconds from the start of each step to the end of the plan along the longest chain of dependents.
/// `durations` are seconds by step.
[[nodiscard]] std::vector<double> remaining_paths(const plan::Plan& plan, const std::vector<double>& durations);

/// The steps that wait and whose inputs are all done, longest remaining path first; equal ones in plan order.
[[nodiscard]] std::vector<std::size_t> ready_steps(const plan::Plan& plan, const std::vector<StepState>& states,
                                                   const std::vector<double>& remaining);

} // namespace sf::engine
