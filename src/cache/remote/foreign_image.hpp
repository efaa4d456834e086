// Images that other tools made: OCI's and Docker's.
#pragma once

#include "cache/remote/remote.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::cache {

/// The media types under which a registry gives an image, or an index of images for several platforms: of the OCI image
/// specification (media-types.md) and of Docker's schema 2.
inline constexpr const char* image_media_types = "application/vnd.oci.image.manifest.v1+json, "
                                                 "application/vnd.oci.image.index.v1+json, "
                                                 "application/vnd.docker.distribution.manifest.v2+json, "
                                                 "application/vnd.docker.distribution.manifest.list.v2+json";

/// The parts of an image that make up its files.
struct ForeignImage {
    std::vector<Descriptor> layers; ///< tars, compressed or not, the lowest first
};

/// What a manifest or an index says: one of the two is set.
struct ForeignManifest {
    std::optional<ForeignImage> image;
    std::optional<Descriptor> chosen; ///< the manifest for linux/amd64 in an index
};

/// Error verify: it is neither, or has nothing for this platform.
[[nodiscard]] util::Result<ForeignManifest> parse_foreign_manifest(std::string_view text);

/// The image that the tag names; nullopt where there is none. Errors: as Remote has them; verify.
[[nodiscard]] util::Result<std::optional<ForeignImage>> find_foreign_image(Remote& remote, const std::string& tag,
                                                                           const util::StopToken& stop);

/// The text, if it is that manifest; `place` is for the message. Error verify.
[[nodiscard]] util::Result<std::string> checked_manifest(std::optional<std::string> text, const Descriptor& manifest,
                                                         const std::string& place);

} // namespace sf::cache
