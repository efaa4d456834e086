// What a deployment needs of the manifest in a software tarball. Private to `deploy`.
#pragma once

#include "util/error.hpp"
#include "util/sha256.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sf::deploy {

/// Where the manifest lies below the top of the tree.
inline constexpr const char* manifest_place = "share/slurm-factory/manifest.json";

struct Manifest {
    struct Package {
        std::string name;
        util::Digest layer; ///< of the run slice
    };
    std::string slurm_version;
    std::vector<Package> packages;
};

/// Error (verify) for what is no such manifest, or has a version that cannot be a directory's name.
[[nodiscard]] util::Result<Manifest> parse_manifest(std::string_view text);

} // namespace sf::deploy
