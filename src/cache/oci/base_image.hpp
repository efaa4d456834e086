// Base images in a binary cache.
//
// A package's key includes the digest of its base image, so a machine with another image finds none of the packages.
// An OCI image tagged "base-RECIPE", by the key of the image's recipe, has the root file system as its only layer and
// describes it in an annotation of its manifest: that alone is enough to compute keys and take packages.
#pragma once

#include "cache/oci/entry.hpp"
#include "cache/oci/run_image.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sf::cache {

/// What is known of a base image without its files.
struct BaseImage {
    std::string name; ///< of its recipe: "bookworm"
    util::Digest recipe_key;
    util::Digest tree; ///< digest of the root file system, as image::Image has it
    std::uint64_t bytes = 0;
    std::string created; ///< UTC, ISO 8601
    std::map<std::string, std::string> externals;
};

struct FoundBaseImage {
    BaseImage image;
    Descriptor layer; ///< gzip of a tar of the root file system, with owners and modes
    util::Digest manifest;
};

[[nodiscard]] std::string base_image_tag(const util::Digest& recipe_key);
/// The recipe's key in such a tag; nullopt for other tags.
[[nodiscard]] std::optional<util::Digest> recipe_of_tag(std::string_view tag);

/// The same image gives the same bytes.
[[nodiscard]] PackedImage pack_base_image(const BaseImage& image, const ImageLayer& layer);

/// Error verify: it is none, or not of that recipe.
[[nodiscard]] util::Result<FoundBaseImage> parse_base_image(std::string_view manifest, const util::Digest& recipe_key);

} // namespace sf::cache
