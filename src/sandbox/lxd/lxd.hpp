// What the LXD backend leaves at the daemon between runs: a project of its own, with a profile and one instance for
// each base image, from whose snapshot every run's container is copied.
#pragma once

#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <string>

namespace sf::sandbox {

/// How much clean_lxd() takes away.
enum class LxdRemains {
    leftovers, ///< containers of tools that are no more, and bases whose image is gone; project and other bases stay
    everything ///< the project with all that is in it
};

/// Cleans up at the daemon of `socket` (empty: the usual places). Nothing being there is no error.
[[nodiscard]] util::Status clean_lxd(const std::filesystem::path& socket, LxdRemains what, const util::StopToken& stop);

/// Publishes the base of `rootfs`, which is made if need be, as an image of the tool's project under `alias`; one that
/// had the alias loses it, and one that was published before only gets it. Returns the image's fingerprint.
[[nodiscard]] util::Result<std::string> publish_lxd_base(const std::filesystem::path& socket,
                                                         const std::filesystem::path& rootfs,
                                                         const std::filesystem::path& scratch, const std::string& alias,
                                                         const util::StopToken& stop);

} // namespace sf::sandbox
