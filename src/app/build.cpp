#include "app/build.hpp"

#include "app/disk.hpp"
#include "app/job.hpp"
#include "app/tally.hpp"
#include "util/text.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::Result;

/// The release whose archive has these bytes, as its recipe writes it.
std::string describe_source(const plan::Step& step, const std::string& sha256)
{
    for (const auto& source : step.sources)
        if (source.sha256.to_hex() == sha256)
            return source.to_string();
    return step.local ? "local" : "base image";
}

bundle::Package to_package(const plan::Step& step, const store::Action& action)
{
    bundle::Package package{step.name,
                            step.version.to_string(),
                            step.recipe->license,
                            step.recipe->homepage,
                            step.variants,
                            describe_source(step, action.origin),
                            action.origin,
                            action.key,
                            action.layers,
                            {}};
    for (const auto& exception : step.recipe->relocation)
        package.relocation.push_back({exception.path, exception.reason});
    return package;
}

/// "24.11" where the user said so, else the exact version: start of the files' names, and the module's version.
std::string series_of(const Planned& planned)
{
    const auto asked = spec::Spec::parse(planned.request);
    auto exact = planned.root().version.to_string();
    if (!asked || !asked->versions)
        return exact;
    auto text = asked->versions->to_string();
    if (text.starts_with('='))
        text.erase(0, 1);
    return spec::Version::parse(text) ? text : exact;
}

bundle::Request bundle_request(const Context& context, const Planned& planned, const plan::Plan& plan,
                               const std::vector<store::Action>& actions, const BuildOptions& options)
{
    bundle::Request bundle;
    bundle.series = series_of(planned);
    bundle.name = "slurm-" + bundle.series;
    if (!planned.usual_image)
        bundle.name += "-" + planned.image_recipe.name;
    if (!options.suffix.empty())
        bundle.name += "-" + options.suffix;
    for (const auto place : plan.run_closure())
        bundle.packages.push_back(to_package(plan.steps[place], actions[place]));
    bundle.image = plan.image_name;
    bundle.image_digest = plan.image.to_hex();
    bundle.target = plan.target.to_string();
    bundle.tool_version = tool_version();
    bundle.default_prefix = plan::prefix;
    bundle.output = context.site.output;
    bundle.archives = options.archives;
    bundle.jobs = context.site.effective_jobs();
    return bundle;
}

/// Size and time of a file, as the record of a bundle keeps them.
std::optional<std::pair<std::uint64_t, std::int64_t>> stamp(const fs::path& path)
{
    struct stat st = {};
    if (::stat(path.c_str(), &st) != 0)
        return std::nullopt;
    constexpr std::int64_t nanoseconds = 1'000'000'000;
    return std::pair(static_cast<std::uint64_t>(st.st_size), st.st_mtim.tv_sec * nanoseconds + st.st_mtim.tv_nsec);
}

/// The artifact, if the file still is what was written for this key.
Result<std::optional<bundle::Artifact>> unchanged(store::Database& database, const fs::path& path,
                                                  const util::Digest& key)
{
    SF_TRY(const auto record, database.find_bundle(path.string()));
    const auto now = stamp(path);
    if (!record || !now || record->key != key || now->first != record->bytes || now->second != record->mtime_ns)
        return std::optional<bundle::Artifact>();
    return std::optional<bundle::Artifact>(bundle::Artifact{path, record->sha256, record->bytes});
}

Result<std::optional<bundle::Bundle>> unchanged_bundle(store::Database& database, const bundle::Request& request)
{
    const auto key = bundle::bundle_key(request);
    std::vector<bundle::Artifact> software;
    for (const auto archive : request.archives) {
        SF_TRY(auto artifact, unchanged(database, bundle::software_path(request, archive), key));
        if (!artifact)
            return std::optional<bundle::Bundle>();
        software.push_back(std::move(*artifact));
    }
    SF_TRY(const auto module, unchanged(database, request.output / (request.name + "-module.tar.gz"), key));
    SF_TRY(const auto manifest, unchanged(database, request.output / (request.name + "-manifest.json"), key));
    if (!module || !manifest)
        return std::optional<bundle::Bundle>();
    return std::optional<bundle::Bundle>(bundle::Bundle{std::move(software), *module, *manifest});
}

util::Status record_bundle(store::Database& database, const bundle::Request& request, const bundle::Bundle& bundle)
{
    const auto key = bundle::bundle_key(request);
    auto artifacts = bundle.software;
    artifacts.insert(artifacts.end(), {bundle.module, bundle.manifest});
    for (const auto& artifact : artifacts)
        if (const auto now = stamp(artifact.path))
            SF_CHECK(database.put_bundle({artifact.path.string(), key, artifact.sha256, now->first, now->second}));
    return {};
}

/// Writes what is not there yet.
util::Status make_bundle(const Context& context, Job& job, const bundle::Request& request, BuildReport& report)
{
    SF_TRY(report.bundle, unchanged_bundle(job.database(), request));
    report.lock = request.output / (request.name + ".lock");
    if (!report.bundle) {
        report.up_to_date = false;
        context.events.on_event(event::StepStarted{request.name, "bundle"});
        SF_CHECK(bundle::check_conflicts(request, job.layers()));
        SF_TRY(report.bundle, bundle::write_bundle(request, job.layers(), context.stop));
        SF_CHECK(record_bundle(job.database(), request, *report.bundle));
    }
    const auto lock = lock_text(job.planned());
    if (const auto written = util::read_file(report.lock); written && *written == lock)
        return {};
    return util::write_file_atomic(report.lock, lock);
}

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
        for (const auto& artifact : report.bundle->software)
            SF_CHECK(database.keep(artifact.path.string(), keys));
    return pin.empty() ? util::Status() : database.keep(std::string(pin_prefix) + pin, keys);
}

} // namespace

Result<BuildReport> build(const Context& outer, const BuildRequest& request, const BuildOptions& options)
{
    Tally tally(outer.events, now());
    const Context context{outer.site, tally, outer.stop};
    SF_TRY(const auto job, Job::open(context, request));
    const auto& plan = job->plan();
    auto engine = job->engine();
    engine.jobserver = options.jobserver;
    SF_TRY(const auto result, build::run_plan(engine, plan, context.stop));

    BuildReport report{{}, {}, {}, result.built + result.pulled == 0, result.built, result.reused, result.pulled,
                       0,  {}};
    for (const auto place : plan.run_closure()) {
        const auto& run = result.actions[place].layers.run;
        SF_TRY(const auto info, job->layers().info(run));
        report.run_bytes += info.tree_bytes;
        report.packages.push_back({plan.steps[place].id(), job->layers().tree(run)});
    }
    const auto& planned = job->planned();
    if (planned.root().name == "slurm")
        SF_CHECK(make_bundle(context, *job, bundle_request(context, planned, plan, result.actions, options), report));
    SF_CHECK(note_use(job->database(), result.actions, report, options.pin));
    report.run = tally.record(planned.request);
    SF_CHECK(job->database().put_run(report.run));
    return report;
}

} // namespace sf::app
