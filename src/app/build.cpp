#include "app/build.hpp"

#include "build/engine.hpp"
#include "sandbox/sandbox.hpp"
#include "source/fetcher.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/fs.hpp"
#include "util/text.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::Result;

/// What killed runs left behind. Running builds hold the lock shared, so nothing of theirs is touched.
util::Status sweep_work(const site::Site& site)
{
    SF_TRY(const auto lock, util::FileLock::try_acquire(site.work() / "lock"));
    if (!lock)
        return {};
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(site.work(), error))
        if (entry.path().filename() != "lock")
            SF_CHECK(util::remove_tree(entry.path()));
    return {};
}

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
                               const std::vector<store::Action>& actions, const std::set<bundle::Archive>& archives)
{
    bundle::Request bundle;
    bundle.series = series_of(planned);
    bundle.name = "slurm-" + bundle.series;
    for (const auto place : plan.run_closure())
        bundle.packages.push_back(to_package(plan.steps[place], actions[place]));
    bundle.image = plan.image_name;
    bundle.image_digest = plan.image.to_hex();
    bundle.target = plan.target.to_string();
    bundle.tool_version = tool_version();
    bundle.default_prefix = plan::prefix;
    bundle.output = context.site.output;
    bundle.archives = archives;
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

Result<std::unique_ptr<sandbox::Backend>> probed_backend(const Context& context, const image::Image& image,
                                                         const spec::Target& target)
{
    SF_TRY(const auto processor, spec::Processor::detect());
    SF_CHECK(target.check_runs_on(processor));
    SF_TRY(auto backend, sandbox::make_oci_backend(context.site.runtime, context.site.work() / "sandbox"));
    SF_CHECK(backend->probe(image.rootfs));
    return backend;
}

/// Writes what is not there yet.
util::Status make_bundle(const Context& context, const Planned& planned, const bundle::Request& request,
                         BuildReport& report)
{
    SF_TRY(auto database, store::Database::open(context.site.database()));
    const store::LayerStore layers(context.site.layers());
    SF_TRY(report.bundle, unchanged_bundle(database, request));
    report.lock = request.output / (request.name + ".lock");
    if (!report.bundle) {
        report.up_to_date = false;
        context.events.on_event(event::StepStarted{request.name, "bundle"});
        SF_CHECK(bundle::check_conflicts(request, layers));
        SF_TRY(report.bundle, bundle::write_bundle(request, layers, context.stop));
        SF_CHECK(record_bundle(database, request, *report.bundle));
    }
    const auto lock = lock_text(planned);
    if (const auto written = util::read_file(report.lock); written && *written == lock)
        return {};
    return util::write_file_atomic(report.lock, lock);
}

} // namespace

Result<BuildReport> build(const Context& context, const BuildRequest& request,
                          const std::set<bundle::Archive>& archives)
{
    SF_TRY(auto planned, solve_request(context, request));
    SF_CHECK(util::make_directories(context.site.root));
    SF_CHECK(sweep_work(context.site));
    SF_TRY(const auto busy, util::FileLock::acquire(context.site.work() / "lock", util::FileLock::Mode::shared));
    SF_TRY(auto database, store::Database::open(context.site.database()));
    image::ImageStore images(context.site, database, context.events);
    SF_TRY(const auto image, images.ensure(planned.image_recipe, context.stop));
    SF_TRY(const auto in_use, images.use(image));
    if (!planned.image) { // now the versions of its build tools are known
        SF_TRY(planned, solve_request(context, request));
    }
    SF_TRY(const auto plan, plan_request(context, planned, image.digest));

    store::LayerStore layers(context.site.layers());
    source::Fetcher fetcher(context.site, context.events);
    const build::EngineContext engine{context.site, database, layers, fetcher, image, context.events, [&] {
                                          return probed_backend(context, image, plan.target);
                                      }};
    SF_TRY(const auto result, build::run_plan(engine, plan, context.stop));

    BuildReport report{{}, {}, {}, result.built == 0, result.built, result.reused, 0};
    for (const auto place : plan.run_closure()) {
        const auto& run = result.actions[place].layers.run;
        SF_TRY(const auto info, layers.info(run));
        report.run_bytes += info.tree_bytes;
        report.packages.push_back({plan.steps[place].id(), layers.tree(run)});
    }
    if (planned.root().name == "slurm")
        SF_CHECK(
            make_bundle(context, planned, bundle_request(context, planned, plan, result.actions, archives), report));
    return report;
}

} // namespace sf::app
