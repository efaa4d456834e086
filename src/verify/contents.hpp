// Looking for paths of the build inside files. Private to `verify`.
#pragma once

#include "util/error.hpp"
#include "verify/verify.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::verify {

/// A file that may mention the build prefix, by the manifest in the tree.
struct RelocationNote {
    std::string path; ///< glob
    std::string reason;
};

/// What the audit reads of the manifest in the tree.
struct Manifest {
    std::vector<RelocationNote> notes;
    std::string target; ///< "x86_64_v3"; empty where there is no manifest, or none in it
};

/// Where the manifest lies in the tree; it names the default prefix itself.
inline constexpr const char* manifest_place = "share/slurm-factory/manifest.json";

/// The manifest below `root`; empty where there is none.
[[nodiscard]] util::Result<Manifest> read_manifest(const std::filesystem::path& root);

/// The paths of the build that the bytes mention, for people: the first one and how many more. nullopt for none.
[[nodiscard]] std::optional<std::string> mentioned_paths(std::string_view bytes, const Options& options);

/// The same of a file's contents.
[[nodiscard]] util::Result<std::optional<std::string>> mentioned_paths_in(const std::filesystem::path& file,
                                                                          const Options& options);

} // namespace sf::verify
