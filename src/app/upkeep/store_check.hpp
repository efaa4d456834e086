// `slurm-factory cache verify --store`
#pragma once

#include "app/session/session.hpp"
#include "store/layer_verify.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sf::app {

/// A layer that is not what was added to the store.
struct DamagedLayer {
    util::Digest digest;
    std::vector<std::string> packages; ///< whose it is: "greet@1.0"
    std::vector<store::LayerFault> faults;
    bool removed = false;
};

struct StoreCheck {
    std::size_t layers = 0;  ///< that were read
    std::uint64_t bytes = 0; ///< of their files
    std::vector<DamagedLayer> damaged;
};

/// Reads all layers of the store through. With `remove`, those that are damaged go, with what the index says of their
/// packages: the next build that needs one makes it again. One that a build uses at this moment stays.
[[nodiscard]] util::Result<StoreCheck> check_store(const Session& session, bool remove);

} // namespace sf::app
