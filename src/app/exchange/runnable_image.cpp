#include "app/exchange/runnable_image.hpp"

#include "app/images/base_images.hpp"
#include "app/images/image_import.hpp"
#include "app/images/image_layer.hpp"
#include "app/remotes/remotes.hpp"
#include "app/session/presence.hpp"
#include "store/database.hpp"
#include "util/threads.hpp"

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

Result<PreparedImage> prepare_image(const Session& session, const Forecast& forecast,
                                    const std::vector<std::optional<cache::Packed>>& packed, const std::string& base,
                                    const std::string& tag)
{
    SF_TRY(const auto recipe, image::find_image_recipe(image::recipe_directories(session.site), base));
    SF_TRY(const auto images, BaseImages::open(session));
    SF_TRY(auto system, images->hold(recipe));
    const auto& requested = forecast.plan.steps.back();
    cache::RunImage image{
        requested.name,
        requested.version.to_string(),
        {fmt::format("PATH=/{0}/bin:/{0}/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                     store::layer_top),
         fmt::format("SLURM_INSTALL_PREFIX=/{}", store::layer_top)},
        {}};
    SF_TRY(auto lowest, image_layer(session, system.image, Contents::system));
    image.layers.push_back(std::move(lowest));
    for (const auto step : forecast.plan.run_closure())
        image.layers.push_back(package_layer(*packed[step]));
    return PreparedImage{cache::pack_image(image, tag), std::move(system.in_use)};
}

Result<std::string> export_run_image(const Session& session, const BuildRequest& request, const std::string& place,
                                     const std::string& base)
{
    const auto to = parse_system_place(place);
    if (to.kind != SystemPlace::Kind::image || !cache::is_image_tag(to.tag))
        return util::fail(util::ErrorCode::usage, fmt::format("an image cannot be written to {}", place),
                          "give oci:DIRECTORY:TAG or oci://HOST/REPOSITORY:TAG");
    SF_TRY(const auto solved, solve_request(session, request));
    SF_TRY(const auto presence, Presence::announce(session.site));
    const auto& layers = session.layers();
    SF_TRY(const auto forecast, make_forecast(session, solved));
    SF_TRY(const auto actions, claim_built(forecast, layers));
    std::vector<std::optional<cache::Packed>> packed(actions.size());
    SF_CHECK(util::try_in_threads(
        session.site.network.parallel_downloads, actions.size(), [&](std::size_t item) -> util::Status {
            SF_TRY(packed[item], cache::pack(layers, actions[item], store::Coding::gzip, session.stop));
            return {};
        }));
    SF_TRY(const auto prepared,
           prepare_image(session, forecast, packed, base.empty() ? default_run_base : base, to.tag));
    SF_TRY(const auto remote, cache::open_remote(to.remote, remote_options(session.site)));
    SF_CHECK(remote->push_image(prepared.image, session.stop));
    SF_CHECK(remote->finish(session.stop));
    return fmt::format("{}:{}", remote->name(), to.tag);
}

} // namespace sf::app
