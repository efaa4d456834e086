// A build as an image that container tools run (`cache push --as`, `bundle --oci`).
#pragma once

#include "app/request/forecast.hpp"
#include "cache/oci/pack.hpp"
#include "cache/oci/run_image.hpp"
#include "util/files/fs.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// The base system that Slurm runs on in an image when no other is named: a base image recipe.
inline constexpr const char* default_run_base = "bookworm-run";

/// An image. While it lives its base system cannot be removed.
struct PreparedImage {
    cache::PackedImage image;
    util::FileLock base_in_use;
};

/// The base system `base` (a base image recipe, made if it is not there), and on it, in /software, the packages that
/// ship. `packed` is by step of the plan, and has those that ship.
[[nodiscard]] util::Result<PreparedImage> prepare_image(const Session& session, const Forecast& forecast,
                                                        const std::vector<std::optional<cache::Packed>>& packed,
                                                        const std::string& base, const std::string& tag);

/// Writes that image, and nothing else, to "oci:DIRECTORY:TAG" or "oci://HOST/REPOSITORY:TAG"; layers that are there
/// already are not written again. `base` may be empty: the default. The result says where. Errors: usage; failure when
/// the store lacks a package; the remote's own.
[[nodiscard]] util::Result<std::string> export_run_image(const Session& session, const BuildRequest& request,
                                                         const std::string& place, const std::string& base);

} // namespace sf::app
