#include "app/run_image.hpp"

#include "app/base_images.hpp"
#include "app/image_layer.hpp"
#include "store/database.hpp"

#include <algorithm>

namespace sf::app {
namespace {

using util::Result;

/// The run layer among a package's blobs.
cache::ImageLayer package_layer(const cache::Packed& packed)
{
    const auto& run = packed.entry.layer(cache::Slice::run);
    const auto blob = std::find_if(packed.blobs.begin(), packed.blobs.end(), [&](const cache::BlobSource& one) {
        return one.descriptor().digest == run.blob.digest;
    });
    const auto& action = packed.entry.action;
    return {*blob, run.diff_id, fmt::format("slurm-factory: {} {}", action.package, action.version)};
}

} // namespace

Result<PreparedImage> prepare_image(const Context& context, const Outlook& outlook,
                                    const std::vector<std::optional<cache::Packed>>& packed, const std::string& base,
                                    const std::string& tag)
{
    SF_TRY(const auto recipe, image::find_image_recipe(image::recipe_directories(context.site), base));
    SF_TRY(auto database, store::Database::open(context.site.database()));
    SF_TRY(const auto remotes, Remotes::open(context));
    BaseImages images(context, *remotes, database);
    SF_TRY(const auto system, images.ensure(recipe));
    SF_TRY(auto in_use, images.store().use(system));
    const auto& requested = outlook.plan.steps.back();
    cache::RunImage image{
        requested.name,
        requested.version.to_string(),
        {fmt::format("PATH=/{0}/bin:/{0}/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                     store::layer_top),
         fmt::format("SLURM_INSTALL_PREFIX=/{}", store::layer_top)},
        {}};
    SF_TRY(auto lowest, image_layer(context, system, Contents::system));
    image.layers.push_back(std::move(lowest));
    for (const auto step : outlook.plan.run_closure())
        image.layers.push_back(package_layer(*packed[step]));
    return PreparedImage{cache::pack_image(image, tag), std::move(in_use)};
}

} // namespace sf::app
