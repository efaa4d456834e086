// Taking old entries out of a binary cache in a directory.
#pragma once

#include "cache/oci/layout.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace sf::cache {

struct Pruned {
    std::vector<util::Digest> keys; ///< whose entries are gone
    std::uint64_t kept = 0;         ///< entries
    std::uint64_t blobs = 0;        ///< removed
    std::uint64_t bytes = 0;        ///< of those
    bool others = false;            ///< an image that cannot be looked through is in it too, so all blobs stayed
};

/// Removes entries that were last pushed longer than `keep` ago, and then blobs that no entry needs and that are as old
/// as the longest push, so that those of a push under way stay. Entries go before their blobs: what a reader finds is
/// whole, and a prune that is killed leaves blobs for the next one. With `dry_run` it only says so.
[[nodiscard]] util::Result<Pruned> prune(const Layout& layout, std::chrono::seconds keep, bool dry_run,
                                         const util::StopToken& stop);

} // namespace sf::cache
