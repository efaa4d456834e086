// From a remote's entry to layers of the store.
#pragma once

#include "cache/oci/entry.hpp"
#include "cache/remote/remote.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>

namespace sf::cache {

/// Takes a blob, which must be on the store's file system and is consumed, in as a layer. Its compressed bytes are kept
/// as the layer's member or frame if they are one, as those of pack() are. A gzip member that has to be made, as for a
/// frame, is made with `effort`: what the layer was built with, so that its bytes are the same. A layer that is there
/// already is no error. Errors: verify for a blob that is damaged, hostile, or no canonical layer of the promised
/// digest: nothing of it stays; no_space, permission, interrupted.
[[nodiscard]] util::Result<store::LayerInfo> import_layer(store::LayerStore& layers, const LayerBlob& layer,
                                                          store::Effort effort, const std::filesystem::path& blob,
                                                          const util::StopToken& stop);

/// Gets one layer, unless the store has it. The part of a blob that came before a failure is kept in the store's
/// directory for the next try; processes that want the same layer wait for each other.
[[nodiscard]] util::Result<store::LayerInfo> pull_layer(Remote& remote, const LayerBlob& layer, store::Effort effort,
                                                        store::LayerStore& layers, const util::StopToken& stop,
                                                        const OnProgress& on_progress);

} // namespace sf::cache
