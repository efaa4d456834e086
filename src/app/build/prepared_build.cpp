#include "app/build/prepared_build.hpp"

#include "app/images/backends.hpp"
#include "image/floor.hpp"
#include "util/files/directory.hpp"
#include "util/files/life_sign.hpp"

namespace sf::app {
namespace {

using util::Result;

/// Removes what killed runs left behind. Files without a life sign may belong to a process that is present.
util::Status sweep_work(const Session& session)
{
    const auto& site = session.site;
    SF_CHECK(util::sweep_scratch(site.work()));
    SF_CHECK(session.layers().sweep_dead());
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

PreparedBuild::PreparedBuild(const Session& session, SolvedRequest solved, Presence presence, store::Database& database,
                             std::unique_ptr<BaseImages> images) :
    session_(session),
    solved_(std::move(solved)), presence_(std::move(presence)), database_(database),
    fetcher_(session.site, session.events), images_(std::move(images)),
    remote_packages_(session, images_->remotes(), database_)
{
}

Result<std::unique_ptr<PreparedBuild>> PreparedBuild::open(const Session& session, const BuildRequest& request)
{
    SF_TRY(auto solved, solve_request(session, request));
    return open(session, request, std::move(solved));
}

Result<std::unique_ptr<PreparedBuild>> PreparedBuild::open(const Session& session, const BuildRequest& request,
                                                           SolvedRequest solved)
{
    SF_CHECK(util::make_directories(session.site.root));
    SF_CHECK(sweep_work(session));
    SF_TRY(auto presence, Presence::announce(session.site));
    SF_TRY(auto* const database, session.database());
    SF_TRY(auto images, BaseImages::open(session));
    std::unique_ptr<PreparedBuild> prepared(
        new PreparedBuild(session, std::move(solved), std::move(presence), *database, std::move(images)));
    SF_TRY(prepared->image_, prepared->images_->hold_known(prepared->solved_.image_recipe));
    if (!prepared->solved_.image) { // now the versions of its build tools are known; what there was to say is said
        event::NullSink silent;
        SF_TRY(prepared->solved_, solve_request(session.with_events(silent), request));
    }
    SF_TRY(prepared->plan_, plan_request(session, prepared->solved_, prepared->image_->image.digest));
    return prepared;
}

Result<std::unique_ptr<sandbox::Backend>> PreparedBuild::make_backend()
{
    SF_TRY(const auto image, images_->ensure(solved_.image_recipe));
    if (image.digest != image_->image.digest) // and with it every key of the plan
        return util::fail(util::ErrorCode::failure,
                          fmt::format("the base image '{}' was made anew meanwhile", image.name), "try again");
    SF_TRY(const auto processor, spec::Processor::detect());
    SF_CHECK(plan_->target.check_runs_on(processor));
    return choose_backend(session_, image.rootfs);
}

Result<std::filesystem::path> PreparedBuild::make_floor_kit(sandbox::Backend& backend)
{
    if (!plan_->floor_sources)
        return std::filesystem::path();
    const image::FloorSources sources{session_.site.floor_directory, *plan_->floor_sources};
    return image::ensure_floor(session_.site, solved_.image_recipe, image_->image, plan_->floor, sources, backend,
                               session_.events, session_.stop);
}

engine::EngineContext PreparedBuild::engine()
{
    engine::EngineContext engine{session_.site,
                                 database_,
                                 session_.layers(),
                                 fetcher_,
                                 image_->image,
                                 session_.events,
                                 [this] { return make_backend(); },
                                 [this](sandbox::Backend& backend) { return make_floor_kit(backend); }};
    if (!images_->remotes().empty())
        engine.pull = [this](const plan::Step& step, const util::Digest& key) {
            return remote_packages_.pull(step, plan_->image, key);
        };
    return engine;
}

} // namespace sf::app
