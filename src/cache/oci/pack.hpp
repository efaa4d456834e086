// What the store has of a key, as an entry ready to be pushed.
#pragma once

#include "cache/oci/blob.hpp"
#include "cache/oci/entry.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <string>
#include <vector>

namespace sf::cache {

struct Packed {
    CacheEntry entry;
    std::string manifest;
    Descriptor manifest_descriptor;
    std::vector<BlobSource> blobs; ///< the config, then the layers; each once
};

/// With Coding::gzip the layers' blobs are the members that every store has, and needs to have a layer: nothing is
/// compressed on either side. With Coding::zstd they are the store's frames, which are made if missing
/// (LayerStore::zst_member); a pull compresses each layer's member again. Every member or frame is read
/// through and compared with its layer's digest. Errors: a layer that is not in the store or is damaged, no_space,
/// interrupted.
[[nodiscard]] util::Result<Packed> pack(const store::LayerStore& layers, const store::Action& action,
                                        store::Coding coding, const util::StopToken& stop);

/// An entry whose layers exist as blobs already.
[[nodiscard]] Packed pack(const CacheEntry& entry, std::vector<BlobSource> layers);

} // namespace sf::cache
