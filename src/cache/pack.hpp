// What the store has of a key, as an entry ready to be pushed.
#pragma once

#include "cache/blob.hpp"
#include "cache/entry.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <string>
#include <vector>

namespace sf::cache {

struct Packed {
    Entry entry;
    std::string manifest;
    Descriptor manifest_descriptor;
    std::vector<BlobSource> blobs; ///< the config, then the layers; each once
};

/// Layers become gzip blobs: the gzip member is what every store has of a layer, and what it needs to have one, so that
/// nothing is compressed on either side; and an entry's bytes do not depend on whether somebody has made a bundle with
/// zstd before. Every member is read through and compared with its layer's digest. Errors: a layer that is not in the
/// store or is damaged, interrupted.
[[nodiscard]] util::Result<Packed> pack(const store::LayerStore& layers, const store::Action& action,
                                        const util::StopToken& stop);

/// An entry whose layers exist as blobs already.
[[nodiscard]] Packed pack(const Entry& entry, std::vector<BlobSource> layers);

} // namespace sf::cache
