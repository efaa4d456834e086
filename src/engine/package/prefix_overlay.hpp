// The overlay that a package is built in, at the prefix. Private to `engine`.
//
// Layers belong to the tool's user, and the builder may not write into them. An overlay shows the owner of a
// directory's topmost layer, so before the build the upper directory gets each directory of the layers below, owned by
// the builder. Where the package puts nothing, they are taken out again: they are no part of what it installed.
#pragma once

#include "sandbox/sandbox.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::engine {

/// The directories that an overlay of these layers shows, the topmost first: not those below what is a file in a layer
/// above. Sorted, so that a directory precedes its contents.
[[nodiscard]] std::vector<std::string> shown_directories(const std::vector<store::LayerPaths>& layers);

struct PrefixOverlay {
    sandbox::Overlay overlay;
    std::vector<std::string> directories; ///< made in `overlay.upper`
};

/// `upper` must be empty and the builder's, `work` on its file system. The dependencies' layers must be in the store.
/// Error verify: one of them was changed since it was made.
[[nodiscard]] util::Result<PrefixOverlay>
make_prefix_overlay(const store::LayerStore& layers, const std::vector<const store::Action*>& dependencies,
                    const std::filesystem::path& upper, const std::filesystem::path& work, const util::StopToken& stop);

/// After the build: removes those of the directories that are empty. No process of the build may be left.
[[nodiscard]] util::Status drop_untouched(const PrefixOverlay& prefix);

} // namespace sf::engine
