// `slurm-factory cache list|verify|prune`
#pragma once

#include "app/session/session.hpp"
#include "cache/prune.hpp"
#include "util/files/sha256.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// One entry of a remote, or an image in it.
struct RemoteEntry {
    std::optional<util::Digest> key; ///< of an image the manifest's digest, unless that cannot be read
    std::string package; ///< "hwloc@2.12.0", "base image bookworm", "image TAG"; empty when an entry cannot be read
    std::uint64_t bytes = 0;
    std::string signer; ///< name of the ring's key; empty: none of them
    std::string fault;  ///< what is wrong with it; empty: nothing that was looked at
    bool is_image = false;
};

/// The entries of a remote and the images in it, but for those of other tools that are no images of one platform. With
/// `thorough` every blob is fetched and compared with its digest.
[[nodiscard]] util::Result<std::vector<RemoteEntry>> list_remote(const Session& session, const std::string& remote,
                                                                 bool thorough);

/// Removes from a binary cache in a directory what was last pushed longer than so many days ago. Error usage: it is
/// elsewhere.
[[nodiscard]] util::Result<cache::Pruned> prune_remote(const Session& session, const std::string& remote,
                                                       unsigned keep_days, bool dry_run);

} // namespace sf::app
