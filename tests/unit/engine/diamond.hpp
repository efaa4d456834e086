// A plan for tests that look at its shape only.
#pragma once

#include "plan/plan.hpp"

#include <vector>

namespace sf::test {

/// Steps 0 and 1 stand alone, 2 needs 0, 3 needs 1 and 2.
inline plan::Plan diamond()
{
    static const recipe::Recipe no_recipe;
    plan::Plan plan{{}, util::sha256(""), "", {}};
    for (const std::vector<std::size_t>& needs : {std::vector<std::size_t>{}, std::vector<std::size_t>{},
                                                  std::vector<std::size_t>{0}, std::vector<std::size_t>{1, 2}})
        plan.steps.push_back({"p", *spec::Version::parse("1"), {}, &no_recipe, {}, {}, {}, {}, needs, {}, {}, {}});
    return plan;
}

} // namespace sf::test
