// Base images: the root file systems that builds happen in.
#pragma once

#include "event/event.hpp"
#include "site/site.hpp"
#include "store/database.hpp"
#include "util/error.hpp"
#include "util/fs.hpp"
#include "util/sha256.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sf::image {

/// images/<name>.yaml
struct ImageRecipe {
    std::string name; ///< "bookworm"
    std::string description;
    std::string suite;   ///< Debian suite for mmdebstrap
    std::string variant; ///< mmdebstrap --variant
    std::vector<std::string> packages;
    std::map<std::string, std::string>
        externals; ///< build tool (as dependencies name it) -> command that prints its version
    std::filesystem::path file;
    /// sha256 over all that decides the result, except the mirror's state.
    [[nodiscard]] util::Digest key() const;
};

/// One image on disk: images/<digest>/rootfs.
struct Image {
    std::string name;
    util::Digest digest; ///< sha256 over the root file system: names, modes, links and contents
    std::filesystem::path rootfs;
    std::uint64_t bytes = 0;
    std::string created;                ///< UTC, ISO 8601
    std::vector<std::string> externals; ///< names of the build tools it has
};

[[nodiscard]] util::Result<ImageRecipe> load_image_recipe(const std::filesystem::path& file);
/// The recipe named, from the last of the directories that has it; unknown names are answered with the known ones.
[[nodiscard]] util::Result<ImageRecipe> find_image_recipe(const std::vector<std::filesystem::path>& directories,
                                                          const std::string& name);
/// VERSION_CODENAME of /etc/os-release when a recipe of that name exists, else "bookworm".
[[nodiscard]] std::string default_image_name(const std::vector<std::filesystem::path>& directories);

class ImageStore {
public:
    ImageStore(const site::Site& site, store::Database& database, event::Sink& events);

    [[nodiscard]] util::Result<std::vector<Image>> list() const;
    /// The image made from this recipe, if it was made and is whole.
    [[nodiscard]] util::Result<std::optional<Image>> find(const ImageRecipe& recipe) const;
    /// find(), or makes it with mmdebstrap from the host's own apt sources. A lock makes sure that it is made once;
    /// an interrupted or failed making leaves nothing.
    [[nodiscard]] util::Result<Image> ensure(const ImageRecipe& recipe, const util::StopToken& stop);
    /// Marks the image as in use: remove() refuses it as long as the lock lives.
    [[nodiscard]] util::Result<util::FileLock> use(const Image& image) const;
    /// Removes by name or digest (prefix of at least 6 digits). An image in use by a running build is refused.
    [[nodiscard]] util::Status remove(const std::string& name_or_digest);

private:
    [[nodiscard]] util::Result<Image> make(const ImageRecipe& recipe, const util::StopToken& stop);
    [[nodiscard]] util::Result<Image> publish(const ImageRecipe& recipe, util::TempDir made,
                                              const util::StopToken& stop);

    const site::Site& site_;
    store::Database& database_;
    event::Sink& events_;
};

} // namespace sf::image
