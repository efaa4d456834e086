// Overlays.
#pragma once

#include "sandbox/init/channel.hpp"

namespace sf::sandbox::init {

/// The directory and those above it; `mode` is that of the last one where it is made. False: errno says why not.
[[nodiscard]] bool make_directories(const std::string& path, unsigned mode);

/// Ends this process when it fails.
void mount_overlay(const OverlayMount& overlay, bool user_namespace, const Channel& channel);

} // namespace sf::sandbox::init
