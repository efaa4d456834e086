// `slurm-factory clean`, `cache stats` and pins
#pragma once

#include "app/upkeep/garbage.hpp"
#include "store/database.hpp"

#include <string>
#include <vector>

namespace sf::app {

/// Removes what killed and failed builds left behind; with `full` all that can be made again: layers, images, caches,
/// logs and the index, not the finished tarballs and the configuration. The same error as collect_garbage().
[[nodiscard]] util::Result<GarbageReport> clean(const Session& session, bool full, bool dry_run);

/// Holds the actions of a pin no longer. Error (usage): there is no such pin; the message names those that are.
[[nodiscard]] util::Status unpin(const Session& session, const std::string& name);

/// One cache on disk.
struct CacheSize {
    std::string name; ///< "layers", "sources", "compiler", "images", "logs"
    std::string path;
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    std::uint64_t budget = 0; ///< 0: none
};

struct CacheStats {
    std::vector<CacheSize> caches;
    std::vector<std::string> kept;      ///< software tarballs and "pin:NAME"s whose packages stay
    std::vector<store::RunRecord> runs; ///< the newest first
};

[[nodiscard]] util::Result<CacheStats> cache_stats(const Session& session, unsigned runs);

} // namespace sf::app
