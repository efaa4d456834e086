// What the audit reads of the manifest in a tree. Private to `verify`.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::verify {

/// A file that may mention the build prefix, by the manifest in the tree.
struct RelocationNote {
    std::string path; ///< glob
    std::string reason;
};

/// A package in the tree.
struct Licensed {
    std::string package;
    std::string license; ///< an SPDX expression; empty where the manifest has none
};

struct Manifest {
    bool present = false;
    std::string name; ///< "slurm-24.11"
    std::vector<RelocationNote> notes;
    std::vector<Licensed> packages;
    std::string target; ///< "x86_64_v3"; empty where there is no manifest, or none in it
};

/// Where the manifest lies in the tree; it names the default prefix itself.
inline constexpr const char* manifest_place = "share/slurm-factory/manifest.json";

/// The manifest below `root`; not `present` where there is none.
[[nodiscard]] util::Result<Manifest> read_manifest(const std::filesystem::path& root);

} // namespace sf::verify
