// Files of packages that are unpacked into a root file system and not installed. Private to this module.
#pragma once

#include "image/image.hpp"
#include "image/make.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sf::image {

/// A header package that the mirrors do not have.
struct MissingHeaders {
    std::string package;
    std::string component;
    std::string external; ///< may be empty
};

/// Puts the recipe's header packages into the root file system: their files, and the package's version as
/// /usr/share/slurm-factory/PACKAGE.version. They come from the recipe's suite at the image's own mirrors, through a
/// private apt state below input.directory. apt's words go to `log`, a descriptor. The result: what the mirrors do not
/// have. Errors: source (a mirror that cannot be reached, or apt's other complaints), recipe (the package has no such
/// file), no_space.
[[nodiscard]] util::Result<std::vector<MissingHeaders>>
add_headers(const MakeInput& input, const std::filesystem::path& rootfs, int log, const util::StopToken& stop);

/// The entries to ask for header packages: those the image is made from, each with these components instead of its own.
[[nodiscard]] std::vector<AptSource> header_sources(const MakeInput& input);

/// Whether what apt-get said, updating and downloading, comes to: there is no such package. Otherwise something went
/// wrong that need not go wrong the next time.
[[nodiscard]] bool says_no_such_package(std::string_view update_output, std::string_view download_output);

/// The warning.
[[nodiscard]] std::string explain_missing(const ImageRecipe& recipe, const MissingHeaders& missing);

} // namespace sf::image
