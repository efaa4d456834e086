// `slurm-factory cache pull|list|verify|prune`
#pragma once

#include "app/workbench.hpp"
#include "cache/prune.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::app {

struct PullReport {
    unsigned pulled = 0;
    unsigned there = 0;               ///< the store had them
    std::vector<std::string> missing; ///< no remote has them, or what they need: "hwloc@2.12.0"
};

/// Takes every package of the build that the store lacks from the site's binary caches; builds nothing.
[[nodiscard]] util::Result<PullReport> pull(const Context& context, const BuildRequest& request);

/// One entry of a remote.
struct RemoteEntry {
    util::Digest key;
    std::string package; ///< "hwloc@2.12.0"; empty when the entry cannot be read
    std::uint64_t bytes = 0;
    std::string signer; ///< name of the ring's key; empty: none of them
    std::string fault;  ///< what is wrong with it; empty: nothing that was looked at
};

/// The entries of a remote. With `thorough` every blob is fetched and compared with its digest.
[[nodiscard]] util::Result<std::vector<RemoteEntry>> list_remote(const Context& context, const std::string& remote,
                                                                 bool thorough);

/// Removes from a binary cache in a directory what was last pushed longer than so many days ago. Error usage: it is
/// elsewhere.
[[nodiscard]] util::Result<cache::Pruned> prune_remote(const Context& context, const std::string& remote,
                                                       unsigned keep_days, bool dry_run);

} // namespace sf::app
