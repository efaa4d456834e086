// Reading layers through, to find out whether they still are what was added.
#pragma once

#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <string>
#include <vector>

namespace sf::store {

/// One thing that is not as it was added.
struct LayerFault {
    std::string path; ///< in the layer's directory: "tree/lib/libz.so.1", "layer.tar.gz"
    std::string what; ///< "has other contents", "is missing"
};

/// Hashes the layer's tree and what its archives hold, and compares both with its digest. Where the tree differs, an
/// archive that does not says in which files. No faults: the layer is good. Errors: files that cannot be read,
/// interrupted.
[[nodiscard]] util::Result<std::vector<LayerFault>> verify_layer(const LayerStore& layers, const util::Digest& digest,
                                                                 const util::StopToken& stop);

} // namespace sf::store
