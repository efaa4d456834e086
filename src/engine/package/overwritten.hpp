// Files of dependencies that a package replaced. Private to `engine`.
#pragma once

#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::engine {

/// A path that a package installs, and the dependency whose layer has it as well.
struct Overwritten {
    std::string path;
    const store::Action* owner;
};

/// The first such path in `tree`; directories that are directories in a layer, too, are shared. Links in layers are
/// compared and not followed.
[[nodiscard]] util::Result<std::optional<Overwritten>>
find_overwritten(const store::LayerStore& layers, const std::vector<const store::Action*>& dependencies,
                 const std::filesystem::path& tree);

/// The dependency whose layer has something at that path below the prefix that is no directory; nullptr for none. Links
/// on the way are followed inside the layer.
[[nodiscard]] const store::Action* owner_of(const store::LayerStore& layers,
                                            const std::vector<const store::Action*>& dependencies,
                                            const std::string& path);

} // namespace sf::engine
