#include "app/build.hpp"

#include "app/bundling.hpp"
#include "app/disk.hpp"
#include "app/job.hpp"
#include "app/outlook.hpp"
#include "app/record.hpp"
#include "app/tally.hpp"

namespace sf::app {
namespace {

using util::Result;

/// For garbage collection.
util::Status note_use(store::Database& database, const std::vector<store::Action>& actions, const BuildReport& report,
                      const std::string& pin)
{
    std::vector<util::Digest> keys;
    keys.reserve(actions.size());
    for (const auto& action : actions)
        keys.push_back(action.key);
    SF_CHECK(database.note_use(actions, now()));
    if (report.bundle)
        for (const auto& artifact : *report.bundle)
            if (artifact.kind == bundle::Kind::software)
                SF_CHECK(database.keep(artifact.path.string(), keys));
    return pin.empty() ? util::Status() : database.keep(std::string(pin_prefix) + pin, keys);
}

Result<std::optional<cache::Signer>> require_signer(const Context& context, const BuildOptions& options)
{
    if (!options.signing)
        return std::optional<cache::Signer>();
    SF_TRY(auto signer, find_signer(context, *options.signing));
    if (!signer)
        return util::fail(
            util::ErrorCode::usage, "there is no key to sign with",
            "give --key or --gpg-key, or set cache.signing-key; 'slurm-factory cache keys generate' makes "
            "a pair");
    return signer;
}

/// Error failure: the store lacks a package.
util::Status check_built(const Context& context, const Planned& planned)
{
    SF_TRY(const auto outlook, look_ahead(context, planned));
    return require_built(outlook);
}

Result<BuildReport> carry_out(const Context& outer, const BuildRequest& request, const BuildOptions& options,
                              bool only_pack)
{
    Tally tally(outer.events, now());
    const Context context{outer.site, tally, outer.stop};
    SF_TRY(const auto signer, require_signer(context, options));
    SF_TRY(auto solved, solve_request(context, request));
    if (only_pack)
        SF_CHECK(check_built(context, solved));
    SF_TRY(const auto job, Job::open(context, request, std::move(solved)));
    const auto& plan = job->plan();
    const auto& planned = job->planned();
    context.events.on_event(describe_plan(context, *job, bundle_name(planned, options.suffix)));
    auto engine = job->engine();
    engine.jobserver = options.jobserver;
    SF_TRY(const auto result, build::run_plan(engine, plan, context.stop));

    BuildReport report;
    report.up_to_date = result.built + result.pulled == 0;
    report.built = result.built;
    report.reused = result.reused;
    report.pulled = result.pulled;
    report.floor = plan.floor;
    report.target = plan.target;
    if (!plan.floor.is_host())
        report.systems = verify::judge_systems({plan.floor.to_string(), plan.target, {}});
    for (const auto place : plan.run_closure()) {
        const auto& run = result.actions[place].layers.run;
        SF_TRY(const auto info, job->layers().info(run));
        report.run_bytes += info.tree_bytes;
        report.packages.push_back({plan.steps[place].id(), job->layers().tree(run), info.tree_bytes});
    }
    report.audit = audit_plan(plan, planned.advisories);
    if (planned.root().name == "slurm")
        SF_CHECK(make_bundle(context, *job, result.actions, options, report));
    if (signer && report.bundle)
        for (const auto& artifact : *report.bundle)
            SF_CHECK(sign_file(*signer, artifact.path));
    SF_CHECK(note_use(job->database(), result.actions, report, options.pin));
    report.run = tally.record(planned.request);
    SF_CHECK(job->database().put_run(report.run));
    return report;
}

Result<BuildReport> record_run(const Context& context, const BuildRequest& request, const BuildOptions& options,
                               bool only_pack)
{
    report::Recorder recorder(context.events);
    const Context recorded{context.site, recorder, context.stop};
    auto built = carry_out(recorded, request, options, only_pack);
    finish_record(recorded, recorder, built);
    return built;
}

} // namespace

Result<BuildReport> build(const Context& context, const BuildRequest& request, const BuildOptions& options)
{
    return record_run(context, request, options, false);
}

Result<BuildReport> pack(const Context& context, const BuildRequest& request, const BuildOptions& options)
{
    return record_run(context, request, options, true);
}

} // namespace sf::app
