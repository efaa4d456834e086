// What a node copies from its versions for a delta, and how it knows that they are still what they were. Private to
// `deploy`.
#pragma once

#include "deploy/archive.hpp"
#include "util/files/sha256.hpp"

#include <map>
#include <optional>
#include <string>

namespace sf::deploy {

/// Of one version: paths, a line each, "./bin/x".
struct Copies {
    std::string all; ///< in the archive's order, so that tar(1) sets the times of directories last
    std::string directories;
    std::string files;
    std::string links;
    std::string sums; ///< of the files, for sha256sum(1)
    /// sha256 of what `stat -c %A` says of the directories, `stat -c '%f %s'` of the files and readlink(1) of the
    /// links.
    std::string facts;
};

/// By version, for a node whose versions have these layers; nullopt where a path cannot stand in such lists.
[[nodiscard]] std::optional<std::map<std::string, Copies>>
plan_copies(const Archive& archive, const std::map<util::Digest, std::string>& there);

} // namespace sf::deploy
