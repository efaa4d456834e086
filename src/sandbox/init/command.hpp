// The job's command, and the runtime that starts it in another way.
#pragma once

#include "sandbox/init/channel.hpp"

#include <sys/types.h>

namespace sf::sandbox::init {

/// Starts the plan's runtime or else its command, and returns its process id. A process that cannot become the
/// program reports that itself.
[[nodiscard]] pid_t start(const Received& received, const Channel& channel);

} // namespace sf::sandbox::init
