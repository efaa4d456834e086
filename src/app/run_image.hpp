// A build as an image that container tools run (`cache push --as`).
#pragma once

#include "app/outlook.hpp"
#include "cache/pack.hpp"
#include "cache/run_image.hpp"
#include "util/fs.hpp"

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
[[nodiscard]] util::Result<PreparedImage> prepare_image(const Context& context, const Outlook& outlook,
                                                        const std::vector<std::optional<cache::Packed>>& packed,
                                                        const std::string& base, const std::string& tag);

} // namespace sf::app
