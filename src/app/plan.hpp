// `slurm-factory plan`
#pragma once

#include "app/workbench.hpp"

#include <string>

namespace sf::app {

enum class PlanFormat { text, json, sh };

/// The plan, as text to be printed: what would be built or reused (text, json), or the plain serial script (sh).
[[nodiscard]] util::Result<std::string> describe_plan(const Context& context, const BuildRequest& request,
                                                      PlanFormat format);

} // namespace sf::app
