// `slurm-factory recipe add`
#pragma once

#include "app/session/session.hpp"
#include "util/files/sha256.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sf::app {

struct AddRequest {
    std::string spec;      ///< "slurm@24.11.8"
    std::string from;      ///< a URL or a file; empty: where the recipe says that releases are
    std::string sha256;    ///< what the archive must have; empty: anything
    bool in_place = false; ///< write into the recipe itself
};

struct AddedVersion {
    std::string name;   ///< "slurm@24.11.8"
    std::string origin; ///< where the archive came from
    std::uint64_t bytes = 0;
    util::Digest sha256;
    std::vector<std::string> checks; ///< what its bytes were compared with; empty: with nothing
    std::filesystem::path file;      ///< what was written
};

/// Fetches the archive of a version that the recipe does not have, checks it, puts it into the source cache, and writes
/// the version into ROOT/recipes/NAME/versions.yaml or the recipe. Errors: usage (no such recipe, no version or one
/// that is there, no way to know the address, a bad sum), source (it cannot be fetched, or is not what it should be),
/// recipe (the file cannot be edited), and those of writing. After an error nothing is written.
[[nodiscard]] util::Result<AddedVersion> add_version(const Session& session, const AddRequest& request);

} // namespace sf::app
