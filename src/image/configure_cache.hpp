// The configure cache of an image: answers to what configure scripts ask, found once when the image is made. Private to
// this module; image.hpp says where the answers are.
#pragma once

#include "image/image.hpp"
#include "image/inside.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>

namespace sf::image {

/// Runs probe.sh of recipe.configure_cache in a finished root file system, as the builder, and puts the site file that
/// it writes at configure_site_file. `work` is a private directory for it, `log` gets what it prints. Errors: recipe,
/// when it fails or its answers are no assignments of cache variables.
[[nodiscard]] util::Status add_configure_cache(const ImageRecipe& recipe, const System& system,
                                               const std::filesystem::path& work, int log, const util::StopToken& stop);

/// Whether each line is NAME=${NAME=VALUE} with a name that autoconf or libtool give to cache variables.
[[nodiscard]] bool is_site_file(std::string_view text);

} // namespace sf::image
