#include "app/run_image.hpp"

#include "app/base_images.hpp"
#include "app/image_import.hpp"
#include "app/image_layer.hpp"
#include "app/parallel.hpp"
#include "app/presence.hpp"
#include "app/remotes.hpp"
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
    SF_TRY(auto system, images.hold(recipe));
    const auto& requested = outlook.plan.steps.back();
    cache::RunImage image{
        requested.name,
        requested.version.to_string(),
        {fmt::format("PATH=/{0}/bin:/{0}/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                     store::layer_top),
         fmt::format("SLURM_INSTALL_PREFIX=/{}", store::layer_top)},
        {}};
    SF_TRY(auto lowest, image_layer(context, system.image, Contents::system));
    image.layers.push_back(std::move(lowest));
    for (const auto step : outlook.plan.run_closure())
        image.layers.push_back(package_layer(*packed[step]));
    return PreparedImage{cache::pack_image(image, tag), std::move(system.in_use)};
}

Result<std::string> export_run_image(const Context& context, const BuildRequest& request, const std::string& place,
                                     const std::string& base)
{
    const auto to = parse_system_place(place);
    if (to.kind != SystemPlace::Kind::image || !cache::is_image_tag(to.tag))
        return util::fail(util::ErrorCode::usage, fmt::format("an image cannot be written to {}", place),
                          "give oci:DIRECTORY:TAG or oci://HOST/REPOSITORY:TAG");
    SF_TRY(const auto planned, solve_request(context, request));
    SF_TRY(const auto presence, Presence::announce(context.site));
    const store::LayerStore layers(context.site.layers());
    SF_TRY(const auto outlook, look_ahead(context, planned));
    SF_TRY(const auto actions, claim_built(outlook, layers));
    std::vector<std::optional<cache::Packed>> packed(actions.size());
    SF_CHECK(in_parallel(context.site, actions.size(), [&](std::size_t item) -> util::Status {
        SF_TRY(packed[item], cache::pack(layers, actions[item], store::Coding::gzip, context.stop));
        return {};
    }));
    SF_TRY(const auto prepared,
           prepare_image(context, outlook, packed, base.empty() ? default_run_base : base, to.tag));
    SF_TRY(const auto remote, cache::open_remote(to.remote, remote_options(context.site)));
    SF_CHECK(remote->push_image(prepared.image, context.stop));
    SF_CHECK(remote->finish(context.stop));
    return fmt::format("{}:{}", remote->name(), to.tag);
}

} // namespace sf::app
