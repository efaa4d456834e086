#include "app/build/bundling.hpp"

#include "app/session/program.hpp"
#include "cache/signature/signature.hpp"
#include "event/step.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::Result;
using util::Status;

/// The release whose archive has these bytes, as its recipe writes it.
std::string describe_source(const plan::Step& step, const std::string& sha256)
{
    for (const auto& source : step.sources)
        if (source.sha256.to_hex() == sha256)
            return source.to_string();
    return step.local ? "local" : "base image";
}

/// The recipe's web address of the same bytes; else empty.
std::string web_source(const std::vector<recipe::Source>& alternatives, const std::string& sha256)
{
    for (const auto& source : alternatives)
        if (const auto* url = std::get_if<recipe::UrlSource>(&source.from);
            url != nullptr && source.sha256.to_hex() == sha256 && url->url.starts_with("http"))
            return url->url;
    return {};
}

std::vector<bundle::Patches> patches_of(const plan::Step& step)
{
    std::vector<bundle::Patches> all;
    for (const auto& set : step.patch_sets) {
        bundle::Patches patches{
            set.package, set.revision, set.sha256().to_hex(), web_source(set.sources, set.sha256().to_hex()), {}};
        for (const auto& patch : set.series)
            patches.files.push_back({patch.file, patch.fixes});
        all.push_back(std::move(patches));
    }
    bundle::Patches own;
    for (const auto& patch : step.recipe->patches)
        if (patch.condition.holds(step.version, step.variants))
            own.files.push_back({patch.file.lexically_relative(step.recipe->directory).string(), patch.fixes});
    if (!own.files.empty())
        all.push_back(std::move(own));
    return all;
}

bundle::BundledPackage to_package(const plan::Plan& plan, std::size_t place, const store::Action& action)
{
    const auto& step = plan.steps[place];
    bundle::BundledPackage package{step.name,
                                   step.version.to_string(),
                                   step.recipe->license,
                                   step.recipe->homepage,
                                   step.variants,
                                   describe_source(step, action.origin),
                                   action.origin,
                                   web_source(step.sources, action.origin),
                                   action.key,
                                   action.layers,
                                   {},
                                   {},
                                   {},
                                   patches_of(step)};
    for (const auto dependency : plan.runtime_dependencies[place])
        package.dependencies.push_back(plan.steps[dependency].name);
    std::sort(package.dependencies.begin(), package.dependencies.end());
    for (const auto& file : step.recipe_files)
        package.recipe_files[file.name] = file.sha256.to_hex();
    for (const auto& exception : step.recipe->relocation)
        package.relocation.push_back({exception.path, exception.reason});
    for (const auto& exception : step.recipe->hardening.allow)
        package.hardening.push_back({std::string(spec::to_string(exception.what)), exception.path, exception.reason});
    return package;
}

/// "24.11" where the user said so, else the exact version: start of the files' names, and the module's version.
std::string series_of(const SolvedRequest& solved)
{
    const auto asked = spec::Spec::parse(solved.request);
    auto exact = solved.root().version.to_string();
    if (!asked || !asked->versions)
        return exact;
    auto text = asked->versions->to_string();
    if (text.starts_with('='))
        text.erase(0, 1);
    return spec::Version::parse(text) ? text : exact;
}

bundle::Hole::State verdict_of(advisory::State state)
{
    switch (state) {
    case advisory::State::open:
        return bundle::Hole::State::open;
    case advisory::State::patched:
        return bundle::Hole::State::patched;
    case advisory::State::not_affected:
        return bundle::Hole::State::not_built;
    case advisory::State::unknown:
        break;
    }
    return bundle::Hole::State::unknown;
}

std::vector<bundle::Hole> holes_of(const AuditedPackage& package)
{
    std::vector<bundle::Hole> holes;
    for (const auto& hole : package.holes) {
        auto detail = hole.state == advisory::State::patched ? util::join(hole.patches, ", ") : hole.reason;
        holes.push_back({hole.id, hole.summary, verdict_of(hole.state), std::move(detail), hole.fixed_in});
    }
    return holes;
}

bundle::BundleRequest bundle_request(const Session& session, const SolvedRequest& solved, const plan::Plan& plan,
                                     const std::vector<store::Action>& actions, const BuildOptions& options,
                                     const Audit& audit)
{
    bundle::BundleRequest bundle;
    bundle.series = series_of(solved);
    bundle.name = bundle_name(solved, options.suffix);
    for (const auto place : plan.run_closure())
        bundle.packages.push_back(to_package(plan, place, actions[place]));
    for (std::size_t i = 0; i < bundle.packages.size(); ++i) // both in the order of the closure
        bundle.packages[i].holes = holes_of(audit.packages[i]);
    bundle.image = plan.image_name;
    bundle.image_digest = plan.image.to_hex();
    bundle.target = plan.target.to_string();
    bundle.hardening = spec::to_string(plan.hardening);
    bundle.glibc = plan.floor.to_string();
    bundle.floor_sources = plan.floor_sources ? plan.floor_sources->to_hex() : "";
    bundle.tool_version = tool_version();
    bundle.default_prefix = plan::prefix;
    bundle.output = session.site.output;
    bundle.asked = solved.request;
    bundle.archives = options.archives;
    bundle.extras = options.extras;
    for (const auto scheme : cache::all_schemes)
        bundle.signature_suffixes.emplace_back(cache::suffix(scheme));
    bundle.jobs = session.site.effective_jobs();
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

/// What the file holds, if it still is what was written.
Result<std::optional<bundle::Artifact>> unchanged(store::Database& database, const bundle::Output& output)
{
    SF_TRY(const auto record, database.find_bundle(output.path.string()));
    const auto now = stamp(output.path);
    auto sums = output.path;
    sums += ".sha256"; // a build that was killed may have left the file without it
    if (!record || !now || !util::path_exists(sums) || record->key != output.key || now->first != record->bytes ||
        now->second != record->mtime_ns)
        return std::optional<bundle::Artifact>();
    return std::optional<bundle::Artifact>(bundle::Artifact{output.kind, output.path, record->sha256, record->bytes});
}

/// Those of the outputs that are as they were written.
Result<bundle::Bundle> find_unchanged(store::Database& database, const std::vector<bundle::Output>& outputs)
{
    bundle::Bundle there;
    for (const auto& output : outputs) {
        SF_TRY(auto artifact, unchanged(database, output));
        if (artifact)
            there.push_back(std::move(*artifact));
    }
    return there;
}

/// What is there of the same packages stays part of the bundle, though it was not asked for this time: its provenance
/// would be gone otherwise.
Status add_present(store::Database& database, bundle::BundleRequest& request)
{
    auto all = request;
    all.archives = {bundle::Archive::gz, bundle::Archive::zst};
    all.extras = {bundle::Extra::dev, bundle::Extra::debug};
    for (const auto& output : bundle::outputs(all)) {
        SF_TRY(const auto there, unchanged(database, output));
        if (!there)
            continue;
        if (output.kind == bundle::Kind::software)
            request.archives.insert(output.archive);
        if (output.kind == bundle::Kind::dev)
            request.extras.insert(bundle::Extra::dev);
        if (output.kind == bundle::Kind::debug)
            request.extras.insert(bundle::Extra::debug);
    }
    return {};
}

Status record_bundle(store::Database& database, const std::vector<bundle::Output>& outputs,
                     const bundle::Bundle& bundle)
{
    for (std::size_t i = 0; i < bundle.size(); ++i)
        if (const auto now = stamp(bundle[i].path))
            SF_CHECK(database.put_bundle(
                {bundle[i].path.string(), outputs[i].key, bundle[i].sha256, now->first, now->second}));
    return {};
}

} // namespace

std::string bundle_name(const SolvedRequest& solved, const std::string& suffix)
{
    if (solved.root().name != "slurm")
        return solved.root().name + "-" + solved.root().version.to_string();
    auto name = "slurm-" + series_of(solved);
    if (!solved.usual_image)
        name += "-" + solved.image_recipe.name;
    if (!suffix.empty())
        name += "-" + suffix;
    return name;
}

Status make_bundle(const Session& session, PreparedBuild& prepared, const std::vector<store::Action>& actions,
                   const BuildOptions& options, BuildReport& report)
{
    auto request = bundle_request(session, prepared.solved(), prepared.plan(), actions, options, report.audit);
    SF_CHECK(add_present(prepared.database(), request));
    const auto outputs = bundle::outputs(request);
    SF_TRY(auto present, find_unchanged(prepared.database(), outputs));
    report.lock = request.output / (request.name + ".lock");
    if (present.size() < outputs.size()) {
        report.up_to_date = false;
        event::StepTimer step(session.events, request.name, "bundle");
        SF_CHECK(bundle::check_conflicts(request, prepared.layers()));
        SF_TRY(auto written, bundle::write_bundle(request, prepared.layers(), present, session.stop));
        SF_CHECK(record_bundle(prepared.database(), outputs, written));
        present = std::move(written);
        step.succeed();
    }
    report.bundle = std::move(present);
    const auto lock = lock_text(prepared.solved());
    if (const auto written = util::read_file(report.lock); written && *written == lock)
        return {};
    return util::write_file_atomic(report.lock, lock);
}

} // namespace sf::app
