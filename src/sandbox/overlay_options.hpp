// How overlays of jobs are mounted, whoever mounts them. Private to this module.
#pragma once

namespace sf::sandbox {

// Refused by kernels that lack an option; the second set is what changes the bytes of a captured layer.
inline constexpr const char* best_options = ",redirect_dir=off,metacopy=off,index=off,xino=off";
inline constexpr const char* plain_options = ",redirect_dir=off,index=off";
inline constexpr const char* upper_only_option = ",volatile";

} // namespace sf::sandbox
