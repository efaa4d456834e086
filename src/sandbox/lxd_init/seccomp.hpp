// The system calls that a command may not make.
#pragma once

namespace sf::sandbox::lxd_init {

/// Installs the filter for this process and all after it: the list that the OCI backend gives its runtime (config.cpp).
[[nodiscard]] bool refuse_calls();

} // namespace sf::sandbox::lxd_init
