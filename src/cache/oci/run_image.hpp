// A whole build as one OCI image that container tools run: a base system's layer, and the run layers of its packages,
// which are the very blobs that the packages' entries have.
#pragma once

#include "cache/oci/blob.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sf::cache {

struct ImageLayer {
    BlobSource blob;
    util::Digest diff_id;   ///< sha256 of the tar
    std::string created_by; ///< for people: "slurm-factory: hwloc 2.9.0"
};

struct RunImage {
    std::string title;
    std::string version;
    std::vector<std::string> environment;             ///< "PATH=..."
    std::vector<ImageLayer> layers;                   ///< the lowest first
    std::map<std::string, std::string> annotations{}; ///< of the manifest, besides those that every image has
};

/// Ready to be pushed.
struct PackedImage {
    std::string tag;
    std::string manifest;
    Descriptor manifest_descriptor;
    std::vector<BlobSource> blobs; ///< the config, then the layers; each once
};

/// Whether registries take it as a tag, and it cannot be taken for a key.
[[nodiscard]] bool is_image_tag(std::string_view tag);

/// Config and manifest, of the OCI image specification. The same image gives the same bytes.
[[nodiscard]] PackedImage pack_image(const RunImage& image, std::string tag);

/// What an image manifest names: the config, then the layers. Error verify: it is none, an index for example.
[[nodiscard]] util::Result<std::vector<Descriptor>> blobs_of_manifest(std::string_view manifest);

} // namespace sf::cache
