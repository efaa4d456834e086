// From the rules that cannot hold together to sentences. Private to this module.
#pragma once

#include "solve/problem.hpp"

#include <string>
#include <vector>

namespace sf::solve {

/// Names the packages, the demands on them with their origin, and the available choices.
[[nodiscard]] std::string explain(const Problem& problem, const std::vector<solv::Rule>& rules);

} // namespace sf::solve
