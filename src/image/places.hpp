// Where things are in an image. Private to this module.
#pragma once

#include <array>

namespace sf::image {

/// Where its programs are looked for, in this order.
inline constexpr std::array program_directories = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

} // namespace sf::image
