// Mounts that the forked init makes, with async-signal-safe calls only. Private to this module.
#pragma once

#include "sandbox/init_child.hpp"

namespace sf::sandbox {

/// Makes what is mounted the init's own business, names the machine, mounts /proc and takes away what is to be hidden.
/// Does not return when it fails.
void make_private_mounts(const InitPlan& plan, int channel);

/// Mounts overlay number `index` of the plan, likewise.
void mount_overlay(PreparedInit& init, int index, int channel);

} // namespace sf::sandbox
