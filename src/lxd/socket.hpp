// Where the daemon listens.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sf::lxd {

/// The places a socket is looked for, in this order: what LXD_SOCKET, LXD_DIR, INCUS_SOCKET and INCUS_DIR name, then
/// those of the packages. `variable` gives an environment variable's value, or null.
[[nodiscard]] std::vector<std::filesystem::path>
usual_sockets(const std::function<const char*(const char* name)>& variable);

/// The socket of a daemon that answers a connection: `socket`, or when that is empty the first usual one that exists.
/// The error (code sandbox) says what to install, start or permit.
[[nodiscard]] util::Result<std::filesystem::path> find_socket(const std::filesystem::path& socket);

} // namespace sf::lxd
