// Which sandbox builds run in.
#pragma once

#include "app/session/session.hpp"
#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// One backend, tried: it ran something in an image.
struct TriedBackend {
    std::string name; ///< "oci (crun)"
    std::unique_ptr<sandbox::Backend> backend;
    std::optional<util::Error> fault; ///< why it cannot be used
};

/// The site's backend; if it names none, the first of the OCI runtimes and LXD that works on this host, with a warning
/// about those skipped. Error sandbox: it does not work, or none does.
[[nodiscard]] util::Result<std::unique_ptr<sandbox::Backend>> choose_backend(const Session& session,
                                                                             const std::filesystem::path& rootfs);

enum class Backends { all, without_copies }; ///< `without_copies`: those that do not copy the image first

[[nodiscard]] std::vector<TriedBackend> try_backends(const site::Site& site, const std::filesystem::path& rootfs,
                                                     Backends which);

/// Publishes an image in the LXD daemon of this host under an alias, which another loses; the result says where.
[[nodiscard]] util::Result<std::string> publish_in_lxd(const Session& session, const std::filesystem::path& rootfs,
                                                       const std::string& alias);

} // namespace sf::app
