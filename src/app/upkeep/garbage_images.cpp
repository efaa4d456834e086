#include "app/session/disk_usage.hpp"
#include "app/upkeep/garbage_rules.hpp"
#include "image/image.hpp"
#include "util/files/directory.hpp"

#include <algorithm>
#include <map>

namespace sf::app {
namespace {

using util::Digest;
using util::Result;
using util::Status;

/// Where an image stands beside what recipes say today.
enum class ImageStanding { outdated, current, imported };

class ImageCollection {
public:
    ImageCollection(Sweep& sweep, store::Database& database, const PackageKeys& packages) :
        sweep_(sweep), site_(sweep.session.site), database_(database), packages_(packages),
        images_(site_, database, sweep.session.events)
    {
    }

    Status run()
    {
        SF_CHECK(drop_partial());
        SF_CHECK(drop_leftovers());
        SF_TRY(const auto all, images_.list());
        std::map<Digest, Names> by_digest;
        for (const auto& image : all)
            by_digest[image.digest].push_back(image);
        std::vector<CachedThing> staying;
        for (const auto& [digest, names] : by_digest) {
            SF_TRY(const auto standing, standing_of(names));
            SF_TRY(const auto packages, packages_in(digest));
            auto image = look_at_image(names.front(), standing, packages);
            if (standing == ImageStanding::outdated && packages.empty()) {
                SF_TRY(const bool gone, drop_outdated(image));
                if (gone)
                    continue;
            }
            staying.push_back(std::move(image));
        }
        return drop_over_budget(sweep_,
                                {"image", "the images are over their budget", "cache.images",
                                 "imported images and those of kept builds, pins and running builds",
                                 site_.cache.images_bytes},
                                std::move(staying), [this](const CachedThing& image) { return remove(image); });
    }

private:
    using Names = std::vector<image::Image>; ///< one image may have several
    using Keys = std::vector<Digest>;

    Status drop_partial()
    {
        for (const auto& path : util::readable_paths_in(image::incoming_directory(site_)))
            if (modified(path) < now() - seconds_of_day)
                SF_CHECK(drop_path(sweep_, "image", path, "a transfer that was never resumed"));
        return {};
    }

    /// Processes that make or remove images are present, so leftovers can be told only if no process is.
    Status drop_leftovers()
    {
        if (!sweep_.remover.is_alone())
            return {};
        SF_TRY(const auto leftovers, images_.leftovers());
        for (const auto& path : leftovers) {
            const auto digest = Digest::parse(path.filename().string());
            const Garbage garbage{"image", digest ? digest->to_short() : path.filename().string(),
                                  digest ? "no image has these files" : "an interrupted removal", tree_bytes(path)};
            SF_TRY(const bool gone, drop(sweep_, garbage, [&]() -> Result<bool> {
                       SF_CHECK(images_.remove_leftover(path));
                       return true;
                   }));
            static_cast<void>(gone);
        }
        return {};
    }

    Result<ImageStanding> standing_of(const image::Image& image)
    {
        const auto recipe = image::find_image_recipe(image::recipe_directories(site_), image.name);
        if (!recipe)
            return ImageStanding::current; // of another directory of recipes
        if (recipe->imported == image.digest)
            return ImageStanding::imported;
        SF_TRY(const auto current, images_.find(*recipe));
        return !current || current->digest == image.digest ? ImageStanding::current : ImageStanding::outdated;
    }

    /// Of all its names, what speaks for it most.
    Result<ImageStanding> standing_of(const Names& names)
    {
        auto best = ImageStanding::outdated;
        for (const auto& name : names) {
            SF_TRY(const auto standing, standing_of(name));
            best = std::max(best, standing);
        }
        return best;
    }

    /// Keys of those that stay.
    Result<Keys> packages_in(const Digest& image)
    {
        SF_TRY(const auto built, database_.built_in(image));
        Keys keys;
        for (const auto& package : built)
            if (!packages_.dropped.contains(package.key))
                keys.push_back(package.key);
        return keys;
    }

    [[nodiscard]] CachedThing look_at_image(const image::Image& image, ImageStanding standing,
                                            const Keys& packages) const
    {
        const bool kept = std::any_of(packages.begin(), packages.end(),
                                      [this](const Digest& key) { return packages_.kept.contains(key); });
        // One whose files are elsewhere takes nothing.
        return {image.digest.to_hex(), image.name, image.complete ? image.bytes : 0, image.used,
                kept || standing == ImageStanding::imported || sweep_.spares(image.used)};
    }

    Result<bool> drop_outdated(const CachedThing& image)
    {
        if (image.needed)
            return false;
        return drop(sweep_, {"image", image.name, "its recipe has changed", image.bytes},
                    [&] { return remove(image); });
    }

    Result<bool> remove(const CachedThing& image)
    {
        return images_.remove_unused(*Digest::parse(image.id), sweep_.remover.since());
    }

    Sweep& sweep_;
    const site::Site& site_;
    store::Database& database_;
    const PackageKeys& packages_;
    image::ImageStore images_;
};

} // namespace

Status drop_images(Sweep& sweep, store::Database& database, const PackageKeys& packages)
{
    return ImageCollection(sweep, database, packages).run();
}

} // namespace sf::app
