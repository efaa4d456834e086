// What is mounted for the command, and what is taken away.
#pragma once

#include "sandbox/init/channel.hpp"

namespace sf::sandbox::init {

/// Does all that the plan says of mounts. Ends this process when it fails.
void set_up_mounts(const InitPlan& plan, const Channel& channel);

} // namespace sf::sandbox::init
