// `slurm-factory cache push|pull|list|verify`
#pragma once

#include "app/workbench.hpp"
#include "cache/prune.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::app {

struct PushOptions {
    std::string remote;                  ///< as Caches::remotes
    std::filesystem::path key;           ///< secret key to sign with; empty: the site's, if it has one
    std::string image_tag;               ///< also name the whole build, as an image; empty: no
    std::string image_base;              ///< base image recipe below that image; empty: the default
    std::filesystem::path password_file; ///< its first line unlocks the key; empty: the key has no password
    std::string gpg_key;                 ///< sign with this key of the user's gpg instead; empty: no
    bool base_image = true;              ///< push the base image that it was built in, too
};

struct PushReport {
    unsigned pushed = 0;
    unsigned there = 0; ///< the remote had them
    std::uint64_t bytes = 0;
    bool is_signed = false;
    std::string base_image; ///< name of the base image that was pushed; empty: it was there, or not wanted
};

/// Puts every package of the build into a binary cache, and the base image they were built in, without which nobody
/// else comes to the same keys. Errors: usage for a bad tag; failure when the store lacks one (the message names them),
/// the remote's own.
[[nodiscard]] util::Result<PushReport> push(const Context& context, const BuildRequest& request,
                                            const PushOptions& options);

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
