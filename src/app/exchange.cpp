#include "app/exchange.hpp"

#include "app/job.hpp"
#include "app/outlook.hpp"
#include "app/parallel.hpp"
#include "app/remote_packages.hpp"
#include "http/url.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <tuple>

namespace sf::app {
namespace {

using util::Result;
using util::Status;

/// By the actions of the steps it needs; nullopt when one has none.
std::optional<util::Digest> key_of(const plan::Plan& plan, const plan::Step& step,
                                   const std::vector<std::optional<store::Action>>& actions)
{
    std::vector<const store::Action*> dependencies;
    for (const auto input : step.inputs) {
        if (!actions[input])
            return std::nullopt;
        dependencies.push_back(&*actions[input]);
    }
    return build::key_inputs(plan, step, dependencies).digest();
}

RemoteEntry look_at(const Context& context, cache::Remote& remote, const cache::KeyRing& ring, const util::Digest& key,
                    bool thorough)
{
    RemoteEntry entry{key, {}, 0, {}, {}};
    const auto found = remote.find(key, context.stop);
    if (!found || !*found) {
        entry.fault = found ? "it is gone" : found.error().message;
        return entry;
    }
    const auto& read = (*found)->entry;
    entry.package = read.action.package + "@" + read.action.version;
    for (const auto& layer : read.layers)
        entry.bytes += layer.blob.size;
    if (const auto signer = cache::verify_entry(remote, **found, ring, context.stop))
        entry.signer = signer->name;
    if (!thorough)
        return entry;
    const auto directory = util::TempDir::make(context.site.work(), "verify");
    if (!directory) {
        entry.fault = directory.error().message;
        return entry;
    }
    for (const auto& layer : read.layers)
        if (const auto got =
                remote.fetch_blob(layer.blob, directory->path() / layer.blob.digest.to_hex(), context.stop, {});
            !got)
            entry.fault = got.error().message;
    return entry;
}

} // namespace

Result<PullReport> pull(const Context& context, const BuildRequest& request)
{
    SF_TRY(const auto job, Job::open(context, request));
    const auto engine = job->engine();
    if (!engine.pull)
        return util::fail(util::ErrorCode::usage, "there is no binary cache to pull from",
                          "name one with --cache, or in config.yaml: cache: {remotes: [...]}");
    PullReport report;
    const auto& steps = job->plan().steps;
    std::vector<std::optional<store::Action>> actions(steps.size());
    for (std::size_t place = 0; place < steps.size(); ++place) {
        const auto key = key_of(job->plan(), steps[place], actions);
        if (key) {
            SF_TRY(actions[place], build::claim_built(job->database(), job->layers(), *key));
            report.there += actions[place] ? 1 : 0;
        }
        if (key && !actions[place]) {
            SF_TRY(actions[place], engine.pull(steps[place], *key));
            report.pulled += actions[place] ? 1 : 0;
        }
        if (!actions[place])
            report.missing.push_back(steps[place].id());
    }
    return report;
}

Result<std::vector<RemoteEntry>> list_remote(const Context& context, const std::string& where, bool thorough)
{
    SF_TRY(const auto remote, cache::open_remote(where, remote_options(context.site)));
    SF_TRY(const auto ring, cache::KeyRing::load(context.site.keys()));
    SF_TRY(const auto keys, remote->list(context.stop));
    std::vector<std::optional<RemoteEntry>> found(keys.size());
    const auto look_at_one = [&](std::size_t item) -> Status {
        SF_CHECK(context.stop.check());
        found[item] = look_at(context, *remote, ring, keys[item], thorough);
        return {};
    };
    SF_CHECK(in_parallel(context.site, keys.size(), look_at_one));
    std::vector<RemoteEntry> entries;
    entries.reserve(found.size());
    for (auto& entry : found)
        entries.push_back(std::move(*entry));
    std::sort(entries.begin(), entries.end(), [](const RemoteEntry& a, const RemoteEntry& b) {
        return std::tie(a.package, a.key) < std::tie(b.package, b.key);
    });
    return entries;
}

Result<cache::Pruned> prune_remote(const Context& context, const std::string& where, unsigned keep_days, bool dry_run)
{
    const bool is_path = where.find("://") == std::string::npos;
    const auto directory = is_path ? std::optional(std::filesystem::absolute(where)) : http::local_path(where);
    if (!directory)
        return util::fail(util::ErrorCode::usage,
                          fmt::format("{} is not in a directory", http::without_password(where)),
                          "a registry removes old images by its own rules; prune a served directory where it lies");
    return cache::prune(cache::Layout(*directory), std::chrono::days(keep_days), dry_run, context.stop);
}

} // namespace sf::app
