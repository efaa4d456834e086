// Base images from elsewhere, and for elsewhere.
#pragma once

#include "app/session/session.hpp"
#include "image/image.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// Where a root file system comes from or goes to, as a user names it.
struct SystemPlace {
    enum class Kind { directory, archive, image };
    Kind kind = Kind::directory;
    std::filesystem::path path; ///< of a directory or an archive
    std::string remote;         ///< of an image: what cache::open_remote() takes
    std::string tag;
};

/// "oci:DIRECTORY[:TAG]" (an OCI image layout), "oci://HOST/REPOSITORY[:TAG]" or "docker://..." (a registry); the tag
/// is "latest" where none is given. Everything else is the path of a directory or, if no directory is there, of an
/// archive.
[[nodiscard]] SystemPlace parse_system_place(const std::string& text);

struct ImportedImage {
    image::Image image;
    std::vector<std::string> missing; ///< build tools that it lacks
};

/// Makes a base image of what is there. `like` names the image recipe whose build tools are looked for. Errors: usage,
/// when an image that is not an imported one has the name, or nothing is there; those of ImageStore::import().
[[nodiscard]] util::Result<ImportedImage> import_image(const Session& session, const std::string& name,
                                                       const std::string& place, const std::string& like);

/// Writes a whole base image: to a file that ends in ".tar.gz", as an image of one layer to an OCI layout or a
/// registry, or as an image with an alias to the LXD daemon of this host ("lxd:ALIAS"). The result says where.
[[nodiscard]] util::Result<std::string> export_image(const Session& session, const std::string& name,
                                                     const std::string& place);

/// What is known of one name.
struct ImageDescription {
    image::ImageRecipe recipe;
    std::optional<image::Image> image; ///< when it is here, if only by its description
};
[[nodiscard]] util::Result<ImageDescription> describe_image(const Session& session, const std::string& name);

} // namespace sf::app
