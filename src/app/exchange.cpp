#include "app/exchange.hpp"

#include "app/job.hpp"
#include "app/outlook.hpp"
#include "app/parallel.hpp"
#include "app/remote_packages.hpp"
#include "cache/base_image.hpp"
#include "cache/run_image.hpp"
#include "http/url.hpp"
#include "util/directory.hpp"
#include "util/life_sign.hpp"
#include "util/terminal_text.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <tuple>

namespace sf::app {
namespace {

using util::Result;
using util::Status;

/// All packages of a plan, those at a time whose dependencies are there: their layers decide the keys.
class Pull {
public:
    Pull(const Context& context, Job& job) :
        context_(context), job_(job), plan_(job.plan()), engine_(job.engine()), asked_(plan_.steps.size(), false),
        actions_(plan_.steps.size())
    {
    }

    Result<PullReport> run()
    {
        for (auto wave = next_wave(); !wave.empty(); wave = next_wave())
            SF_CHECK(in_parallel(context_.site, wave.size(), [&](std::size_t item) { return take(wave[item]); }));
        PullReport report{pulled_, there_, {}};
        for (std::size_t step = 0; step < actions_.size(); ++step)
            if (!actions_[step])
                report.missing.push_back(plan_.steps[step].id());
        return report;
    }

private:
    /// Those that were not asked for and can be.
    std::vector<std::size_t> next_wave()
    {
        std::vector<std::size_t> wave;
        for (std::size_t step = 0; step < asked_.size(); ++step) {
            const auto& inputs = plan_.steps[step].inputs;
            const auto is_there = [this](std::size_t input) { return actions_[input].has_value(); };
            if (!asked_[step] && std::all_of(inputs.begin(), inputs.end(), is_there))
                wave.push_back(step);
        }
        for (const auto step : wave)
            asked_[step] = true;
        return wave;
    }

    [[nodiscard]] util::Digest key_of(const plan::Step& step) const
    {
        std::vector<const store::Action*> dependencies;
        for (const auto input : step.inputs)
            dependencies.push_back(&*actions_[input]);
        return build::key_inputs(plan_, step, dependencies).digest();
    }

    Status take(std::size_t place)
    {
        SF_CHECK(context_.stop.check());
        const auto& step = plan_.steps[place];
        const auto key = key_of(step);
        SF_TRY(auto action, build::claim_built(job_.database(), job_.layers(), key));
        if (action) {
            ++there_;
        } else {
            SF_TRY(action, engine_.pull(step, key));
            pulled_ += action ? 1 : 0;
        }
        actions_[place] = std::move(action);
        return {};
    }

    const Context& context_;
    Job& job_;
    const plan::Plan& plan_;
    build::EngineContext engine_;
    std::vector<bool> asked_;
    std::vector<std::optional<store::Action>> actions_; ///< of one wave each is written by one thread
    std::atomic<unsigned> pulled_ = 0;
    std::atomic<unsigned> there_ = 0;
};

/// Fetches the blobs and says what is wrong with one; empty: nothing.
std::string fault_in(const Context& context, cache::Remote& remote, const std::vector<cache::Descriptor>& blobs)
{
    const auto directory = util::ScratchDir::make(context.site.work(), "verify");
    if (!directory)
        return directory.error().message;
    for (const auto& blob : blobs)
        if (const auto got = remote.fetch_blob(blob, directory->path() / blob.digest.to_hex(), context.stop, {}); !got)
            return got.error().message;
    return {};
}

RemoteEntry look_at(const Context& context, cache::Remote& remote, const cache::KeyRing& ring, const util::Digest& key,
                    bool thorough)
{
    RemoteEntry entry{key, {}, 0, {}, {}, false};
    const auto found = remote.find(key, context.stop);
    if (!found || !*found) {
        entry.fault = found ? "it is gone" : found.error().message;
        return entry;
    }
    const auto& read = (*found)->entry;
    entry.package = util::visible_name(read.action.package + "@" + read.action.version);
    std::vector<cache::Descriptor> blobs;
    for (const auto& layer : read.layers) {
        entry.bytes += layer.blob.size;
        blobs.push_back(layer.blob);
    }
    if (const auto signer = cache::verify_entry(remote, **found, ring, context.stop))
        entry.signer = signer->name;
    if (thorough)
        entry.fault = fault_in(context, remote, blobs);
    return entry;
}

/// nullopt for another tool's that cannot be looked through.
std::optional<RemoteEntry> look_at_image(const Context& context, cache::Remote& remote, const cache::KeyRing& ring,
                                         const std::string& tag, bool thorough)
{
    RemoteEntry entry{std::nullopt, "image " + util::visible_name(tag), 0, {}, {}, true};
    const auto manifest = remote.find_image(tag, context.stop);
    if (!manifest || !*manifest) {
        entry.fault = manifest ? "it is gone" : manifest.error().message;
        return entry;
    }
    entry.key = util::sha256(**manifest);
    const auto recipe = cache::recipe_of_tag(tag);
    const auto blobs = cache::blobs_of_manifest(**manifest);
    if (!blobs && !recipe)
        return std::nullopt;
    if (recipe) {
        const auto base = cache::parse_base_image(**manifest, *recipe);
        entry.package = base ? "base image " + util::visible_name(base->image.name) : entry.package;
        entry.fault = base ? "" : base.error().message;
    }
    if (const auto signer = cache::verify_manifest(remote, *entry.key, entry.package, ring, context.stop))
        entry.signer = signer->name;
    if (!blobs)
        return entry;
    for (const auto& blob : *blobs)
        entry.bytes += blob.size;
    if (thorough && entry.fault.empty())
        entry.fault = fault_in(context, remote, *blobs);
    return entry;
}

Status require_remotes(const Context& context)
{
    if (context.site.cache.remotes.empty())
        return util::fail(util::ErrorCode::usage, "there is no binary cache to pull from",
                          "name one with --cache, or in config.yaml: cache: {remotes: [...]}");
    SF_TRY(const auto remotes, Remotes::open(context)); // warns of what keeps it from being used
    if (remotes->empty())
        return util::fail(
            util::ErrorCode::usage, "none of the binary caches can be pulled from",
            "trust whoever signs it with 'slurm-factory cache keys add FILE.pub', or leave out --offline");
    return {};
}

} // namespace

Result<PullReport> pull(const Context& context, const BuildRequest& request)
{
    SF_CHECK(require_remotes(context)); // before a base image is made for it
    SF_TRY(const auto job, Job::open(context, request));
    return Pull(context, *job).run();
}

Result<std::vector<RemoteEntry>> list_remote(const Context& context, const std::string& where, bool thorough)
{
    SF_TRY(const auto remote, cache::open_remote(where, remote_options(context.site)));
    SF_TRY(const auto ring, cache::KeyRing::load(context.site.keys()));
    SF_TRY(const auto keys, remote->list(context.stop));
    SF_TRY(const auto images, remote->list_images(context.stop));
    std::vector<std::optional<RemoteEntry>> found(keys.size() + images.size());
    const auto look_at_one = [&](std::size_t item) -> Status {
        SF_CHECK(context.stop.check());
        if (item < keys.size())
            found[item] = look_at(context, *remote, ring, keys[item], thorough);
        else
            found[item] = look_at_image(context, *remote, ring, images[item - keys.size()], thorough);
        return {};
    };
    SF_CHECK(in_parallel(context.site, found.size(), look_at_one));
    std::vector<RemoteEntry> entries;
    entries.reserve(found.size());
    for (auto& entry : found)
        if (entry)
            entries.push_back(std::move(*entry));
    std::sort(entries.begin(), entries.end(), [](const RemoteEntry& a, const RemoteEntry& b) {
        return std::tie(a.package, a.key) < std::tie(b.package, b.key);
    });
    return entries;
}

Result<cache::Pruned> prune_remote(const Context& context, const std::string& where, unsigned keep_days, bool dry_run)
{
    const bool is_path = where.find("://") == std::string::npos;
    const auto directory = is_path ? std::optional(util::absolute_path(where)) : http::local_path(where);
    if (!directory)
        return util::fail(util::ErrorCode::usage,
                          fmt::format("{} is not in a directory", http::without_password(where)),
                          "a registry removes old images by its own rules; prune a served directory where it lies");
    return cache::prune(cache::Layout(*directory), std::chrono::days(keep_days), dry_run, context.stop);
}

} // namespace sf::app
