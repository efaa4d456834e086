// What packages are linked with so that they run on a glibc older than the image's (docs/glibc.md).
#pragma once

#include "image/image.hpp"
#include "sandbox/sandbox.hpp"
#include "spec/floor.hpp"

namespace sf::image {

/// Where builds see the kit of their floor.
inline constexpr const char* floor_place = "/floor";
/// The kit's answers for configure scripts, which take those of the image for true otherwise.
inline constexpr const char* floor_configure_site = "/floor/config.site";

/// What kits are made of: a table of glibc's symbols, sources of start files and static parts, and make.sh.
struct FloorSources {
    std::filesystem::path directory;
    util::Digest digest; ///< over all of it
};
[[nodiscard]] util::Result<FloorSources> read_floor_sources(const std::filesystem::path& directory);

/// The directory of the image's kit for a floor that is not the host's; made by the image's own compiler the first
/// time, in a sandbox of `backend`, and it goes with the image. The image must be whole and in use. Errors: conflict
/// (the image's glibc is older than the floor), recipe (its compiler makes no kit), those of the backend.
[[nodiscard]] util::Result<std::filesystem::path> ensure_floor(const site::Site& site, const ImageRecipe& recipe,
                                                               const Image& image, const spec::Floor& floor,
                                                               const FloorSources& sources, sandbox::Backend& backend,
                                                               event::Sink& events, const util::StopToken& stop);

} // namespace sf::image
