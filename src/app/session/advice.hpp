// Hints that name options of this program.
#pragma once

#include "util/error.hpp"

namespace sf::app {

/// Makes the error's hint from its reason, or completes the hint that it has. Call it before an error is shown: modules
/// below `app` do not know the names of options.
[[nodiscard]] util::Error with_advice(util::Error error);

} // namespace sf::app
