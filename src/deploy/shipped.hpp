// What a deployment needs of the manifest in a software tarball, checked. Private to `deploy`.
#pragma once

#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sf::deploy {

struct Shipped {
    struct Package {
        std::string name;
        util::Digest layer; ///< of the run slice
    };
    std::string slurm_version;
    std::vector<Package> packages;
};

/// From the manifest's text. Error (verify) for what is none, or has a version that cannot be a directory's name.
[[nodiscard]] util::Result<Shipped> read_shipped(std::string_view manifest);

} // namespace sf::deploy
