// A base image's root file system as the layer of an OCI image.
#pragma once

#include "app/session/session.hpp"
#include "cache/oci/run_image.hpp"
#include "image/image.hpp"

namespace sf::app {

enum class Contents {
    all,   ///< to build in
    system ///< to run in: without the mount points of sandboxes
};

/// Owners and modes as they are, one time. The archive is made once: it lies beside the root file system, and goes when
/// that goes. Error no_space, interrupted.
[[nodiscard]] util::Result<cache::ImageLayer> image_layer(const Session& session, const image::Image& image,
                                                          Contents contents);

} // namespace sf::app
