// `slurm-factory cache push`
#pragma once

#include "app/remotes/signing.hpp"
#include "app/request/solving.hpp"
#include "store/tar_member.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sf::app {

struct PushOptions {
    std::string remote;                         ///< as Caches::remotes
    SigningOptions signing;                     ///< with no key: the site's, if it has one
    std::string image_tag;                      ///< also name the whole build, as an image; empty: no
    std::string image_base;                     ///< base image recipe below that image; empty: the default
    bool base_image = true;                     ///< push the base image that it was built in, too
    std::optional<store::Coding> compression{}; ///< of the packages' layers, gzip or zstd; nullopt: as the site has it
};

struct PushReport {
    unsigned pushed = 0;
    unsigned there = 0; ///< the remote had them
    std::uint64_t bytes = 0;
    bool is_signed = false;
    std::string base_image; ///< name of the base image that was pushed; empty: it was there, or not wanted
};

/// Puts every package of the build into a binary cache, and the base image they were built in, which other machines
/// need to compute the same keys. A package that is there with the same layers keeps its compression. Errors: usage for
/// a bad tag; failure if the store lacks packages (the message names them); the remote's own.
[[nodiscard]] util::Result<PushReport> push(const Session& session, const BuildRequest& request,
                                            const PushOptions& options);

} // namespace sf::app
