// What `build` and `bundle` say at the end.
#pragma once

#include "app/build/build.hpp"

namespace sf::cli {

void print_build(const app::BuildReport& report);

} // namespace sf::cli
