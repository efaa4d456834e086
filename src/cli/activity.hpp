// What `status` and `top` print of running builds.
#pragma once

#include "app/activity.hpp"

namespace sf::cli {

/// `width`: of the terminal, in columns; 0: lines are not cut.
void print_activity(const app::Activity& activity, unsigned width);
void print_activity_json(const app::Activity& activity);

} // namespace sf::cli
