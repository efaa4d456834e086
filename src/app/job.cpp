#include "app/job.hpp"

#include "app/backends.hpp"
#include "image/floor.hpp"
#include "util/directory.hpp"
#include "util/life_sign.hpp"

namespace sf::app {
namespace {

using util::Result;

/// What killed runs left behind. What does not say whose it is, may be of somebody who is present.
util::Status sweep_work(const site::Site& site)
{
    SF_CHECK(util::sweep_scratch(site.work()));
    SF_CHECK(store::LayerStore(site.layers()).sweep_dead());
    const auto remover = Remover::alone(site);
    if (!remover)
        return {};
    SF_TRY(const auto entries, util::paths_in(site.work()));
    for (const auto& entry : entries)
        if (entry.filename() != "lock")
            SF_CHECK(util::remove_tree(entry));
    return {};
}

} // namespace

Job::Job(const Context& context, Planned planned, Presence presence, store::Database database,
         std::unique_ptr<Remotes> remotes) :
    context_(context),
    planned_(std::move(planned)), presence_(std::move(presence)), database_(std::move(database)),
    layers_(context.site.layers()), fetcher_(context.site, context.events), remotes_(std::move(remotes)),
    images_(context, *remotes_, database_), remote_packages_(context, *remotes_, database_, layers_)
{
}

Result<std::unique_ptr<Job>> Job::open(const Context& context, const BuildRequest& request)
{
    SF_TRY(auto planned, solve_request(context, request));
    return open(context, request, std::move(planned));
}

Result<std::unique_ptr<Job>> Job::open(const Context& context, const BuildRequest& request, Planned planned)
{
    SF_CHECK(util::make_directories(context.site.root));
    SF_CHECK(sweep_work(context.site));
    SF_TRY(auto presence, Presence::announce(context.site));
    SF_TRY(auto database, store::Database::open(context.site.database()));
    SF_TRY(auto remotes, Remotes::open(context));
    std::unique_ptr<Job> job(
        new Job(context, std::move(planned), std::move(presence), std::move(database), std::move(remotes)));
    SF_TRY(job->image_, job->images_.hold_known(job->planned_.image_recipe));
    if (!job->planned_.image) { // now the versions of its build tools are known; what there was to say is said
        event::NullSink silent;
        SF_TRY(job->planned_, solve_request({context.site, silent, context.stop}, request));
    }
    SF_TRY(job->plan_, plan_request(context, job->planned_, job->image_->image.digest));
    return job;
}

Result<std::unique_ptr<sandbox::Backend>> Job::make_backend()
{
    SF_TRY(const auto image, images_.ensure(planned_.image_recipe));
    if (image.digest != image_->image.digest) // and with it every key of the plan
        return util::fail(util::ErrorCode::failure,
                          fmt::format("the base image '{}' was made anew meanwhile", image.name), "try again");
    SF_TRY(const auto processor, spec::Processor::detect());
    SF_CHECK(plan_->target.check_runs_on(processor));
    return choose_backend(context_, image.rootfs);
}

Result<std::filesystem::path> Job::make_floor_kit(sandbox::Backend& backend)
{
    if (!plan_->floor_sources)
        return std::filesystem::path();
    const image::FloorSources sources{context_.site.floor_directory, *plan_->floor_sources};
    return image::ensure_floor(context_.site, planned_.image_recipe, image_->image, plan_->floor, sources, backend,
                               context_.events, context_.stop);
}

build::EngineContext Job::engine()
{
    build::EngineContext engine{context_.site,
                                database_,
                                layers_,
                                fetcher_,
                                image_->image,
                                context_.events,
                                [this] { return make_backend(); },
                                [this](sandbox::Backend& backend) { return make_floor_kit(backend); }};
    if (!remotes_->empty())
        engine.pull = [this](const plan::Step& step, const util::Digest& key) {
            return remote_packages_.pull(step, key);
        };
    return engine;
}

} // namespace sf::app
