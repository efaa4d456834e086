// `slurm-factory external`
#pragma once

#include "app/images/packages_file.hpp"
#include "app/session/session.hpp"
#include "image/image.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::app {

/// The build tools of a base image.
struct Externals {
    std::string image;
    bool made = false;                ///< otherwise only names are known
    std::vector<FoundExternal> found; ///< sorted by name
    std::vector<std::string> missing; ///< named by the image's recipe, and not in the image that was made
};

/// Those of the configured base image, or the host's. Makes nothing.
[[nodiscard]] util::Result<Externals> list_externals(const Session& session);
/// The same, with all versions: makes the image if it is not there.
[[nodiscard]] util::Result<Externals> find_externals(const Session& session);
/// Adds them to ROOT/packages.yaml, see merge_externals().
[[nodiscard]] util::Result<MergedPackages> write_externals(const Session& session, const Externals& externals);

} // namespace sf::app
