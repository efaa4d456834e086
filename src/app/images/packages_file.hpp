// Adds externals to the text of a packages.yaml without touching the user's own lines.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sf::app {

/// One build tool of a base image.
struct FoundExternal {
    std::string name;
    std::string version;        ///< empty: not known
    std::filesystem::path path; ///< of its program or file in the image; empty: not known
};

/// What became of a packages.yaml. Each external is in one of the lists.
struct MergedPackages {
    std::filesystem::path file;
    std::string text;                   ///< of the whole file
    std::vector<std::string> added;     ///< had no entry
    std::vector<std::string> updated;   ///< had an entry as this function writes it, of another version
    std::vector<std::string> unchanged; ///< had the very entry
    std::vector<std::string> kept;      ///< had an entry of somebody else's, which is left as it is
    std::vector<std::string> unnamable; ///< no package can have the name, e.g. "g++"
};

/// Puts an entry for each external into `text`, the content of `file`: new ones below the line `packages:`, which is
/// added when there is none; in entries that came from here the version is replaced. All other lines stay as they are.
/// Error (code failure): entries cannot be added to this text line by line, e.g. because it is written in braces; the
/// hint has the lines to add. Faults of the text's YAML are errors of code recipe.
[[nodiscard]] util::Result<MergedPackages> merge_externals(std::string_view text, const std::string& file,
                                                           const std::vector<FoundExternal>& externals);

} // namespace sf::app
