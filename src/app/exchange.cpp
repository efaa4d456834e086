#include "app/exchange.hpp"

#include "app/image_layer.hpp"
#include "app/job.hpp"
#include "app/keys.hpp"
#include "app/outlook.hpp"
#include "app/parallel.hpp"
#include "app/presence.hpp"
#include "app/remote_packages.hpp"
#include "app/run_image.hpp"
#include "cache/pack.hpp"
#include "http/url.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <tuple>

namespace sf::app {
namespace {

using util::Result;
using util::Status;

Result<std::optional<cache::Signer>> find_signer(const Context& context, const PushOptions& options)
{
    if (!options.gpg_key.empty())
        return std::optional(cache::openpgp_signer(options.gpg_key, options.password_file, context.stop));
    const auto file = options.key.empty() ? context.site.cache.signing_key : options.key;
    if (file.empty())
        return std::optional<cache::Signer>();
    SF_TRY(const auto password, read_password(options.password_file));
    SF_TRY(auto key, cache::SecretKey::load(file, password));
    return std::optional(cache::minisign_signer(std::move(key)));
}

/// What the remote has of a key that is about to be pushed: a directory that is no cache yet has nothing, and the first
/// push makes it one.
Result<std::optional<cache::Found>> find_before_push(cache::Remote& remote, const util::Digest& key,
                                                     const util::StopToken& stop)
{
    auto found = remote.find(key, stop);
    if (!found && found.error().code == util::ErrorCode::failure)
        return std::optional<cache::Found>();
    return found;
}

/// Of all packages, their layers claimed.
Result<std::vector<store::Action>> stored_actions(const Outlook& outlook, const store::LayerStore& layers)
{
    SF_CHECK(require_built(outlook));
    std::vector<store::Action> actions;
    actions.reserve(outlook.prospects.size());
    for (const auto& prospect : outlook.prospects) {
        SF_TRY(const bool stays, layers.claim(prospect.action->layers.all()));
        if (!stays)
            return util::fail(util::ErrorCode::failure,
                              fmt::format("{} was removed from the store just now", prospect.step->id()),
                              "'slurm-factory build' with the same options makes it again");
        actions.push_back(*prospect.action);
    }
    return actions;
}

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

/// The name of the image; empty where the remote has it already, signed if that is wanted, or its files are not here.
Result<std::string> push_base_image(const Context& context, const Planned& planned, cache::Remote& remote,
                                    const std::optional<cache::Signer>& signer)
{
    const auto& image = *planned.image;
    if (!image.complete) // it came from a binary cache
        return std::string();
    SF_TRY(auto database, store::Database::open(context.site.database()));
    SF_TRY(const auto in_use, image::ImageStore(context.site, database, context.events).use(image));
    const auto recipe_key = planned.image_recipe.key();
    SF_TRY(const auto layer, image_layer(context, image, Contents::all));
    const auto packed = cache::pack_base_image(
        {image.name, recipe_key, image.digest, image.bytes, image.created, image.externals}, layer);
    const auto& manifest = packed.manifest_descriptor;
    SF_TRY(const auto there, remote.find_image(packed.tag, context.stop));
    if (there && util::sha256(*there) == manifest.digest) {
        if (!signer)
            return std::string();
        SF_TRY(const auto signature, remote.find_signature(manifest.digest, signer->scheme, context.stop));
        if (signature)
            return std::string();
    }
    if (signer) {
        SF_TRY(const auto signature,
               cache::sign_manifest(*signer, manifest.digest, "slurm-factory base image: " + image.name));
        SF_CHECK(remote.put_signature(manifest, signature, context.stop));
    }
    SF_CHECK(remote.push_image(packed, context.stop));
    return image.name;
}

} // namespace

Result<PushReport> push(const Context& context, const BuildRequest& request, const PushOptions& options)
{
    if (!options.image_tag.empty() && !cache::is_image_tag(options.image_tag))
        return util::fail(util::ErrorCode::usage, fmt::format("'{}' cannot name an image", options.image_tag),
                          "use up to 128 letters, digits, '_', '.', '-'");
    SF_TRY(const auto planned, solve_request(context, request));
    SF_TRY(const auto presence, Presence::announce(context.site));
    const store::LayerStore layers(context.site.layers());
    SF_TRY(const auto outlook, look_ahead(context, planned));
    SF_TRY(const auto actions, stored_actions(outlook, layers));
    SF_TRY(const auto signer, find_signer(context, options));
    SF_TRY(const auto remote, cache::open_remote(options.remote, remote_options(context.site)));
    std::atomic<unsigned> there = 0;
    std::atomic<std::uint64_t> bytes = 0;
    std::vector<std::optional<cache::Packed>> all(actions.size());
    const auto push_one = [&](std::size_t item) -> Status {
        SF_TRY(all[item], cache::pack(layers, actions[item], context.stop));
        const auto& packed = *all[item];
        SF_TRY(const auto found, find_before_push(*remote, actions[item].key, context.stop));
        if (found && found->manifest == packed.manifest_descriptor.digest) {
            ++there;
            SF_CHECK(remote->keep(actions[item].key, context.stop));
            if (!signer)
                return {};
            SF_TRY(const auto old, remote->find_signature(found->manifest, signer->scheme, context.stop));
            if (old)
                return {};
        }
        std::string signature;
        if (signer) {
            SF_TRY(signature, cache::sign_entry(*signer, packed));
        }
        for (const auto& blob : packed.blobs)
            bytes += blob.descriptor().size;
        return remote->push(packed, signature, context.stop);
    };
    SF_CHECK(in_parallel(context.site, actions.size(), push_one));
    if (!options.image_tag.empty()) {
        const std::string base = options.image_base.empty() ? default_run_base : options.image_base;
        SF_TRY(const auto prepared, prepare_image(context, outlook, all, base, options.image_tag));
        SF_CHECK(remote->push_image(prepared.image, context.stop));
    }
    std::string base_image;
    if (options.base_image) {
        SF_TRY(base_image, push_base_image(context, planned, *remote, signer));
    }
    SF_CHECK(remote->finish(context.stop));
    return PushReport{static_cast<unsigned>(actions.size()) - there, there, bytes, signer.has_value(),
                      std::move(base_image)};
}

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
