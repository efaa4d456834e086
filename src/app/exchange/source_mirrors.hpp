// `slurm-factory mirror create|add|list|remove`
#pragma once

#include "app/exchange/push.hpp"
#include "app/request/solving.hpp"
#include "site/mirrors.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::app {

struct MirrorReport {
    unsigned copied = 0;
    unsigned there = 0; ///< the mirror had them
    std::uint64_t bytes = 0;
    std::vector<std::string> missing; ///< packages whose source cannot be had, with the reason
    std::optional<PushReport> packages;
};

/// Puts the source archives of a build into `directory`, as `SHA256/FILE`, fetching those that are not in the source
/// cache. With `signing`, also its packages, into the binary cache mirror_packages(directory); its `remote` is ignored.
/// An archive is there whole or not at all, so that it can be called again after an interrupt.
[[nodiscard]] util::Result<MirrorReport> create_mirror(const Session& session, const BuildRequest& request,
                                                       const std::filesystem::path& directory,
                                                       const std::optional<PushOptions>& signing);

/// The mirrors of the root. add: usage for a name that is taken or none, a place that no mirror can be at, and a
/// relative one; remove: usage for an unknown name.
[[nodiscard]] util::Result<std::vector<site::Mirror>> list_mirrors(const Session& session);
[[nodiscard]] util::Status add_mirror(const Session& session, const site::Mirror& mirror);
[[nodiscard]] util::Status remove_mirror(const Session& session, const std::string& name);

} // namespace sf::app
