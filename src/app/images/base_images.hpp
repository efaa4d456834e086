// Base images, from the site's binary caches where these have them.
#pragma once

#include "app/remotes/remotes.hpp"
#include "cache/oci/base_image.hpp"
#include "image/image.hpp"
#include "store/database.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace sf::app {

/// An image that stays as long as this does.
struct HeldImage {
    image::Image image;
    util::FileLock in_use;
};

/// The session must live as long.
class BaseImages {
public:
    /// With the binary caches of the site. Errors: those of the index and of Remotes::open().
    [[nodiscard]] static util::Result<std::unique_ptr<BaseImages>> open(const Session& session);

    /// The recipe's image, whole or only described: as the store has it, as a binary cache describes it, or made here.
    /// Packages that binary caches have are built in the image that they describe.
    [[nodiscard]] util::Result<image::Image> know(const image::ImageRecipe& recipe);
    /// know(), with its files: those of a described image are fetched. Error source: no binary cache has them now.
    [[nodiscard]] util::Result<image::Image> ensure(const image::ImageRecipe& recipe);
    /// know() and ensure(), and the image is in use: had once more where it was removed in between.
    [[nodiscard]] util::Result<HeldImage> hold_known(const image::ImageRecipe& recipe);
    [[nodiscard]] util::Result<HeldImage> hold(const image::ImageRecipe& recipe);

    [[nodiscard]] image::ImageStore& store() { return store_; }
    [[nodiscard]] Remotes& remotes() { return *remotes_; }

private:
    BaseImages(const Session& session, std::unique_ptr<Remotes> remotes, store::Database& database) :
        session_(session), remotes_(std::move(remotes)), store_(session.site, database, session.events)
    {
    }
    [[nodiscard]] util::Result<std::optional<cache::FoundBaseImage>> find(cache::Remote& remote,
                                                                          const image::ImageRecipe& recipe);
    [[nodiscard]] util::Status fetch(const image::ImageRecipe& recipe, const image::Image& image,
                                     const std::filesystem::path& rootfs);

    const Session& session_;
    std::unique_ptr<Remotes> remotes_;
    image::ImageStore store_;
};

} // namespace sf::app
