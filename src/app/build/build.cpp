#include "app/build/build.hpp"

#include "app/build/bundling.hpp"
#include "app/build/prepared_build.hpp"
#include "app/build/record.hpp"
#include "app/build/run_counter.hpp"
#include "app/request/forecast.hpp"
#include "app/session/disk_usage.hpp"

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

Result<std::optional<cache::Signer>> require_signer(const Session& session, const BuildOptions& options)
{
    if (!options.signing)
        return std::optional<cache::Signer>();
    SF_TRY(auto signer, find_signer(session, *options.signing));
    if (!signer)
        return util::fail(
            util::ErrorCode::usage, "there is no key to sign with",
            "give --key or --gpg-key, or set cache.signing-key; 'slurm-factory cache keys generate' makes "
            "a pair");
    return signer;
}

/// Error failure: the store lacks a package.
util::Status check_built(const Session& session, const SolvedRequest& solved)
{
    SF_TRY(const auto forecast, make_forecast(session, solved));
    return require_built(forecast);
}

Result<BuildReport> carry_out(const Session& outer, const BuildRequest& request, const BuildOptions& options,
                              bool only_pack)
{
    RunCounter counter(outer.events, now());
    const auto session = outer.with_events(counter);
    SF_TRY(const auto signer, require_signer(session, options));
    SF_TRY(auto wanted, solve_request(session, request));
    if (only_pack)
        SF_CHECK(check_built(session, wanted));
    SF_TRY(const auto prepared, PreparedBuild::open(session, request, std::move(wanted)));
    const auto& plan = prepared->plan();
    const auto& solved = prepared->solved();
    session.events.on_event(describe_plan(session, *prepared, bundle_name(solved, options.suffix)));
    auto engine = prepared->engine();
    engine.jobserver = options.jobserver;
    SF_TRY(const auto result, engine::run_plan(engine, plan, session.stop));

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
        SF_TRY(const auto info, prepared->layers().info(run));
        report.run_bytes += info.tree_bytes;
        report.packages.push_back({plan.steps[place].id(), prepared->layers().tree(run), info.tree_bytes});
    }
    report.audit = audit_plan(plan, solved.advisories);
    if (solved.root().name == "slurm")
        SF_CHECK(make_bundle(session, *prepared, result.actions, options, report));
    if (signer && report.bundle)
        for (const auto& artifact : *report.bundle)
            SF_CHECK(sign_file(*signer, artifact.path));
    SF_CHECK(note_use(prepared->database(), result.actions, report, options.pin));
    report.run = counter.record(solved.request);
    SF_CHECK(prepared->database().put_run(report.run));
    return report;
}

Result<BuildReport> record_run(const Session& session, const BuildRequest& request, const BuildOptions& options,
                               bool only_pack)
{
    report::Recorder recorder(session.events);
    const auto recorded = session.with_events(recorder);
    auto built = carry_out(recorded, request, options, only_pack);
    finish_record(recorded, recorder, built);
    return built;
}

} // namespace

Result<BuildReport> build(const Session& session, const BuildRequest& request, const BuildOptions& options)
{
    return record_run(session, request, options, false);
}

Result<BuildReport> pack(const Session& session, const BuildRequest& request, const BuildOptions& options)
{
    return record_run(session, request, options, true);
}

} // namespace sf::app
