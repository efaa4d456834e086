// Building without being root: in a user namespace where the caller is.
#pragma once

#include "util/error.hpp"

#include <string>

namespace sf::identity {

/// Makes the caller root of a new user namespace, by running this program once more in it with the same arguments
/// (`argv`, ending in null): what it does there with users, mounts and namespaces looks like root's work and reaches no
/// further than the caller's own rights. With ranges of subordinate ids every user of an image exists in it
/// (newuidmap(1)); without, the caller alone.
///
/// Returns where there is nothing to do or no way to do it: for root, and on a kernel that lets ordinary users make no
/// user namespaces. Must be called while the process has one thread. Error sandbox: the ranges are there and newuidmap
/// or newgidmap refuses them.
[[nodiscard]] util::Status enter_user_namespace(char** argv);

/// A hint: how to let this process, which is not root or is in a user namespace without the builder, act for several
/// users.
[[nodiscard]] std::string how_to_have_builder();

} // namespace sf::identity
