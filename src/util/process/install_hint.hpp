// Hints on how to install a program.
#pragma once

#include <string>

namespace sf::util {

/// A command for this host's package manager: "apt-get install crun", "dnf install crun". `elsewhere` is the package's
/// name where it is not Debian's. On a host with another package manager: "install crun".
[[nodiscard]] std::string how_to_install(const std::string& debian, const std::string& elsewhere = {});

/// Whether Debian's package tools are here: they fetch source archives and make base images.
[[nodiscard]] bool has_apt();

} // namespace sf::util
