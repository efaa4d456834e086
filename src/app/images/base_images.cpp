#include "app/images/base_images.hpp"

#include "identity/user_namespace.hpp"
#include "image/system_tree.hpp"
#include "util/files/fs.hpp"

#include <unistd.h>

#include <functional>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::ErrorCode;
using util::Result;
using util::Status;

std::string in_words(const image::ImageRecipe& recipe)
{
    return fmt::format("the base image '{}'", recipe.name);
}

Result<HeldImage> get_and_use(const image::ImageStore& store, const std::function<Result<image::Image>()>& get)
{
    SF_TRY(auto image, get());
    SF_TRY(auto lock, store.try_use(image));
    if (lock)
        return HeldImage{std::move(image), std::move(*lock)};
    SF_TRY(image, get()); // what is made now is too young to be removed
    SF_TRY(auto second, store.use(image));
    return HeldImage{std::move(image), std::move(second)};
}

} // namespace

Result<std::unique_ptr<BaseImages>> BaseImages::open(const Session& session)
{
    SF_TRY(auto* const database, session.database());
    SF_TRY(auto remotes, Remotes::open(session));
    return std::unique_ptr<BaseImages>(new BaseImages(session, std::move(remotes), *database));
}

Result<std::optional<cache::FoundBaseImage>> BaseImages::find(cache::Remote& remote, const image::ImageRecipe& recipe)
{
    SF_TRY(const auto manifest, remote.find_image(cache::base_image_tag(recipe.key()), session_.stop));
    if (!manifest)
        return std::optional<cache::FoundBaseImage>();
    SF_TRY(auto found, cache::parse_base_image(*manifest, recipe.key()));
    SF_CHECK(remotes_->check_signature(remote, found.manifest, in_words(recipe)));
    return std::optional(std::move(found));
}

Result<image::Image> BaseImages::know(const image::ImageRecipe& recipe)
{
    SF_TRY(const auto here, store_.find(recipe));
    if (here && !here->complete)
        return *here;
    if (here || remotes_->empty())
        return store_.ensure(recipe, session_.stop);
    SF_TRY(const auto found, remotes_->first<cache::FoundBaseImage>(
                                 in_words(recipe), [&](cache::Remote& remote) { return find(remote, recipe); }));
    if (!found)
        return store_.ensure(recipe, session_.stop);
    const auto& known = found->image;
    return store_.describe(recipe, {recipe.name, known.tree, {}, known.bytes, known.created, known.externals});
}

Status BaseImages::fetch(const image::ImageRecipe& recipe, const image::Image& image, const fs::path& rootfs)
{
    const auto directory = image::incoming_directory(session_.site);
    const auto got =
        remotes_->first<fs::path>(in_words(recipe), [&](cache::Remote& remote) -> Result<std::optional<fs::path>> {
            SF_TRY(const auto found, find(remote, recipe));
            if (!found || found->image.tree != image.digest)
                return std::optional<fs::path>();
            const auto file = directory / found->layer.digest.to_hex();
            SF_CHECK(util::make_directories(directory));
            SF_CHECK(remotes_->check_size(found->layer.size, directory));
            SF_CHECK(remote.fetch_blob(found->layer, file, session_.stop, {}));
            return std::optional(file);
        });
    if (!got)
        return tl::unexpected(got.error());
    if (!*got)
        return util::fail(
            ErrorCode::source,
            fmt::format("{} is known from a binary cache, but no cache has its files now", in_words(recipe)),
            fmt::format("check the network and cache.remotes; or run 'slurm-factory image remove {}' to make the "
                        "image here and build everything in it",
                        recipe.name));
    auto unpacked = image::unpack_system(**got, rootfs, session_.stop);
    if (unpacked || unpacked.error().code != ErrorCode::interrupted)
        SF_CHECK(util::remove_tree(**got));
    return unpacked;
}

Result<image::Image> BaseImages::ensure(const image::ImageRecipe& recipe)
{
    SF_TRY(auto image, know(recipe));
    if (image.complete)
        return image;
    if (::geteuid() != 0)
        return util::fail(ErrorCode::sandbox, "a base image's files have owners that this user cannot act for",
                          identity::how_to_have_builder());
    return store_.complete(
        image, [&](const fs::path& rootfs) { return fetch(recipe, image, rootfs); }, session_.stop);
}

Result<HeldImage> BaseImages::hold_known(const image::ImageRecipe& recipe)
{
    return get_and_use(store_, [&] { return know(recipe); });
}

Result<HeldImage> BaseImages::hold(const image::ImageRecipe& recipe)
{
    return get_and_use(store_, [&] { return ensure(recipe); });
}

} // namespace sf::app
