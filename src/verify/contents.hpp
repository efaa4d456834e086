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

/// Where the manifest lies in the tree; it names the default prefix itself.
inline constexpr const char* manifest_place = "share/slurm-factory/manifest.json";

/// The notes of the manifest below `root`; none where there is no manifest.
[[nodiscard]] util::Result<std::vector<RelocationNote>> read_notes(const std::filesystem::path& root);

/// The paths of the build that the bytes mention, for people: the first one and how many more. nullopt for none.
[[nodiscard]] std::optional<std::string> mentioned_paths(std::string_view bytes, const Options& options);

/// The same of a file's contents.
[[nodiscard]] util::Result<std::optional<std::string>> mentioned_paths_in(const std::filesystem::path& file,
                                                                          const Options& options);

} // namespace sf::verify
