#include "app/job.hpp"

#include "sandbox/sandbox.hpp"

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::Result;

/// What killed runs left behind, unless somebody is present, of whom it may be.
util::Status sweep_work(const site::Site& site)
{
    const auto remover = Remover::alone(site);
    if (!remover)
        return {};
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(site.work(), error))
        if (entry.path().filename() != "lock")
            SF_CHECK(util::remove_tree(entry.path()));
    return {};
}

Result<std::unique_ptr<sandbox::Backend>> probed_backend(const site::Site& site, const image::Image& image,
                                                         const spec::Target& target)
{
    SF_TRY(const auto processor, spec::Processor::detect());
    SF_CHECK(target.check_runs_on(processor));
    SF_TRY(auto backend, sandbox::make_oci_backend(site.runtime, site.work() / "sandbox"));
    SF_CHECK(backend->probe(image.rootfs));
    return backend;
}

} // namespace

Job::Job(const Context& context, Planned planned, Presence presence, store::Database database) :
    context_(context), planned_(std::move(planned)), presence_(std::move(presence)), database_(std::move(database)),
    layers_(context.site.layers()), fetcher_(context.site, context.events)
{
}

Result<std::unique_ptr<Job>> Job::open(const Context& context, const BuildRequest& request)
{
    SF_TRY(auto planned, solve_request(context, request));
    SF_CHECK(util::make_directories(context.site.root));
    SF_CHECK(sweep_work(context.site));
    SF_TRY(auto presence, Presence::announce(context.site));
    SF_TRY(auto database, store::Database::open(context.site.database()));
    std::unique_ptr<Job> job(new Job(context, std::move(planned), std::move(presence), std::move(database)));
    image::ImageStore images(context.site, job->database_, context.events);
    SF_TRY(job->image_, images.ensure(job->planned_.image_recipe, context.stop));
    SF_TRY(job->image_in_use_, images.use(*job->image_));
    if (!job->planned_.image) { // now the versions of its build tools are known
        SF_TRY(job->planned_, solve_request(context, request));
    }
    SF_TRY(job->remote_packages_, RemotePackages::open(context, job->database_, job->layers_));
    SF_TRY(job->plan_, plan_request(context, job->planned_, job->image_->digest));
    return job;
}

build::EngineContext Job::engine()
{
    build::EngineContext engine{context_.site, database_, layers_, fetcher_, *image_, context_.events, [this] {
                                    return probed_backend(context_.site, *image_, plan_->target);
                                }};
    if (remote_packages_)
        engine.pull = [this](const plan::Step& step, const util::Digest& key) {
            return remote_packages_->pull(step, key);
        };
    return engine;
}

} // namespace sf::app
