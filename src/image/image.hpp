// Base images: the root file systems that builds happen in.
#pragma once

#include "event/event.hpp"
#include "site/site.hpp"
#include "store/database.hpp"
#include "util/error.hpp"
#include "util/files/fs.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::image {

/// Files of a package that is unpacked and not installed: neither what it depends on nor its maintainer scripts are
/// wanted. An image is made without them where the host's mirrors do not have the package.
struct HeaderPackage {
    std::string package;                      ///< "libnvidia-ml-dev"
    std::string component;                    ///< of the archive: "non-free"
    std::vector<std::filesystem::path> files; ///< absolute paths, all below /usr; the rest of the package is dropped
    std::string external;                     ///< the one of ImageRecipe::externals that they make up; may be empty
};

/// images/<name>.yaml
struct ImageRecipe {
    std::string name; ///< "bookworm"
    std::string description;
    std::string distribution = "debian"; ///< "debian" or "ubuntu"
    std::string suite;                   ///< of the distribution, for mmdebstrap
    std::string variant;                 ///< mmdebstrap --variant
    std::vector<std::string> packages;
    std::map<std::string, std::string>
        externals; ///< build tool (as dependencies name it) -> command that prints its version
    std::vector<HeaderPackage> headers;
    /// Directory of probe.sh, which finds what configure scripts ask (docs/sandbox.md); empty: they ask themselves.
    std::filesystem::path configure_cache;
    std::map<std::string, util::Digest> configure_cache_files; ///< by name, of that directory
    bool check_valid_until = true;                             ///< refuse an archive whose index has expired
    /// Of an image that was imported and not made: what summarise_tree() says of it. Suite and packages are empty then.
    std::optional<util::Digest> imported;
    bool has_answers = false; ///< an imported image has a configure cache in it
    std::filesystem::path file;
    /// The image has, or will have, the file configure_site_file.
    [[nodiscard]] bool answers_configure() const { return has_answers || !configure_cache.empty(); }
    /// sha256 over all that decides the result, except the mirror's state.
    [[nodiscard]] util::Digest key() const;
};

/// Where in an image the answers of its configure cache are, if it has one: a site file of autoconf's.
inline constexpr const char* configure_site_file = "/usr/share/slurm-factory/config.site";

/// One image: images/<digest>/rootfs, or images/<digest>/described while its files are still elsewhere.
struct Image {
    std::string name;
    util::Digest digest; ///< sha256 over the root file system: names, modes, links and contents
    std::filesystem::path rootfs;
    std::uint64_t bytes = 0;
    std::string created; ///< UTC, ISO 8601
    /// Build tool that it has -> version. The version is empty where an older slurm-factory made the image and
    /// ImageStore::ensure() has not seen it since.
    std::map<std::string, std::string> externals;
    bool complete = true;  ///< its files are there
    std::int64_t used = 0; ///< when it was last used or made, in seconds since 1970
};

[[nodiscard]] util::Result<ImageRecipe> load_image_recipe(const std::filesystem::path& file); ///< 'from': beside it
/// The recipe named, from the last of the directories that has it; unknown names are answered with the known ones.
[[nodiscard]] util::Result<ImageRecipe> find_image_recipe(const std::vector<std::filesystem::path>& directories,
                                                          const std::string& name);
/// Whether a recipe, and so an image, may be named so: as Debian names suites and packages.
[[nodiscard]] bool is_image_name(std::string_view text);
/// The configured image, else the default one.
[[nodiscard]] std::string usual_image_name(const site::Site& site);
/// VERSION_CODENAME of /etc/os-release when a recipe of that name exists, else "bookworm".
[[nodiscard]] std::string default_image_name(const std::vector<std::filesystem::path>& directories);

/// Digest and size of a tree: names, kinds, modes, link targets and contents count; owners and times do not.
struct TreeSummary {
    util::Digest digest;
    std::uint64_t bytes = 0;
};

/// Where an external is in an image: the program that its command begins with, or the first file of its header package.
/// Empty when there is none.
[[nodiscard]] std::filesystem::path external_path(const ImageRecipe& recipe, const Image& image,
                                                  const std::string& external);

/// Compares what a site says the base image has with what it has. `claimed` maps names to versions; an empty version is
/// met by any, "3.25" by 3.25.1. Errors: conflict, for the first tool that the image lacks or has in another version;
/// usage, for text that is no version.
[[nodiscard]] util::Status check_externals(const Image& image, const std::map<std::string, std::string>& claimed);

/// Where image recipes are looked for, the last first: those of imported images give way to all others.
[[nodiscard]] std::vector<std::filesystem::path> recipe_directories(const site::Site& site);

/// Where the recipes of imported images are.
[[nodiscard]] std::filesystem::path imported_recipes(const site::Site& site);

/// Where files of images that are being fetched lie, to be continued.
[[nodiscard]] std::filesystem::path incoming_directory(const site::Site& site);

class ImageStore {
public:
    using Unpack = std::function<util::Status(const std::filesystem::path& rootfs)>;

    ImageStore(const site::Site& site, store::Database& database, event::Sink& events);

    [[nodiscard]] util::Result<std::vector<Image>> list() const;
    /// The image made from this recipe: a complete one, else one that is only described.
    [[nodiscard]] util::Result<std::optional<Image>> find(const ImageRecipe& recipe) const;
    /// find(), if it is whole, or makes it with mmdebstrap from the host's own apt sources. A lock makes sure that it
    /// is made once; an interrupted or failed making leaves nothing. All versions of the image's externals are known.
    [[nodiscard]] util::Result<Image> ensure(const ImageRecipe& recipe, const util::StopToken& stop);
    /// ensure() as if it were not there; an image with the same files is the same image, and claimed.
    [[nodiscard]] util::Result<Image> make_anew(const ImageRecipe& recipe, const util::StopToken& stop);
    /// Records the description of an image that another machine made from the recipe. An existing record stays.
    [[nodiscard]] util::Result<Image> describe(const ImageRecipe& recipe, const Image& image);
    /// Gives a described image its files: `unpack` is called with an empty directory on the store's file system. A lock
    /// makes sure that it happens once; nothing stays when it fails. Error verify: they are not those of the digest.
    [[nodiscard]] util::Result<Image> complete(const Image& image, const Unpack& unpack, const util::StopToken& stop);
    /// Takes in a root file system: `unpack` is called with an empty directory on the store's file system. `wanted` has
    /// the name, a description, and the build tools to look for; those that are there, and no others, are externals of
    /// the image. A recipe of it is written to imported_recipes(). Errors: conflict, when another recipe has the name;
    /// recipe, when it is no root file system.
    [[nodiscard]] util::Result<Image> import(const ImageRecipe& wanted, const Unpack& unpack,
                                             const util::StopToken& stop);
    /// Marks the image as in use, as long as the lock lives, and claims it (util/files/claim.hpp); nullopt: it was
    /// removed meanwhile.
    [[nodiscard]] util::Result<std::optional<util::FileLock>> try_use(const Image& image) const;
    /// The same; that it was removed is an error.
    [[nodiscard]] util::Result<util::FileLock> use(const Image& image) const;
    /// Removes by name or digest (prefix of at least 6 digits). An image in use by a running build is refused.
    [[nodiscard]] util::Status remove(const std::string& name_or_digest);
    /// Removes the image with all its names, unless it is in use, or was used at `since` (seconds since 1970) or later:
    /// false then.
    [[nodiscard]] util::Result<bool> remove_unused(const util::Digest& digest, std::int64_t since);
    /// Leftovers of killed runs: trees that were being removed, and trees without an image. While other processes
    /// make or remove images, theirs are among them. None where the directory is a link to another root's.
    [[nodiscard]] util::Result<std::vector<std::filesystem::path>> leftovers() const;
    /// Removes one of them.
    [[nodiscard]] util::Status remove_leftover(const std::filesystem::path& leftover);

private:
    /// Removes one name of an image, and with the last its files.
    [[nodiscard]] util::Status take_away(const store::ImageRecord& record);
    [[nodiscard]] util::Result<Image> make_locked(const ImageRecipe& recipe, bool anew, const util::StopToken& stop);
    [[nodiscard]] util::Result<Image> make(const ImageRecipe& recipe, const util::StopToken& stop);
    [[nodiscard]] util::Result<Image> publish(const ImageRecipe& recipe, util::TempDir made,
                                              std::map<std::string, std::string> externals, const TreeSummary& summary);
    /// Claims the image's directory and records the image. The caller must hold the use lock.
    [[nodiscard]] util::Result<Image> note(const store::ImageRecord& record);
    [[nodiscard]] util::Result<Image> with_versions(const ImageRecipe& recipe, Image image,
                                                    const util::StopToken& stop);

    const site::Site& site_;
    store::Database& database_;
    event::Sink& events_;
};

} // namespace sf::image
