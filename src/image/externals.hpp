// The versions of the build tools in a root file system. Private to this module.
#pragma once

#include "image/image.hpp"
#include "image/inside.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sf::image {

/// The first dotted number in what a tool prints: "cmake version 3.25.1" has 3.25.1, "v5.36.0" has 5.36.0.
[[nodiscard]] std::optional<std::string> version_in(std::string_view output);

/// Runs each command in the root file system, as the builder, without a network and without changing anything there.
/// Needs root. `commands` maps build tools to commands, as ImageRecipe::externals does; the result maps them to
/// versions. Errors: recipe, for a command that fails or prints no version.
[[nodiscard]] util::Result<std::map<std::string, std::string>>
probe_externals(const ImageRecipe& recipe, const std::map<std::string, std::string>& commands, const System& system,
                const util::StopToken& stop);

} // namespace sf::image
