#include "app/remote_packages.hpp"

#include "sandbox/sandbox.hpp"

#include <unistd.h>

#include <chrono>

namespace sf::app {
namespace {

using util::ErrorCode;

bool needs_network(const std::string& where)
{
    return where.find("://") != std::string::npos && !where.starts_with("file://");
}

/// Layers belong to whoever builds on them; without root everything is the caller's own.
std::optional<cache::Owner> layer_owner()
{
    if (::geteuid() != 0)
        return std::nullopt;
    return cache::Owner{sandbox::builder_uid, sandbox::builder_uid};
}

} // namespace

cache::RemoteOptions remote_options(const site::Site& site)
{
    cache::RemoteOptions options;
    options.timing = {.connect_timeout = site.network.connect_timeout, .stall_timeout = site.network.stall_timeout};
    options.retry.retries = site.network.retries;
    options.credential_files = cache::default_credential_files();
    return options;
}

util::Result<std::unique_ptr<RemotePackages>> RemotePackages::open(const Context& context, store::Database& database,
                                                                   store::LayerStore& layers)
{
    std::unique_ptr<RemotePackages> packages(new RemotePackages(context, database, layers));
    for (const auto& where : context.site.cache.remotes) {
        if (context.site.network.offline && needs_network(where))
            continue;
        auto place = std::make_unique<Place>();
        SF_TRY(place->remote, cache::open_remote(where, remote_options(context.site)));
        packages->places_.push_back(std::move(place));
    }
    if (packages->places_.empty())
        return std::unique_ptr<RemotePackages>();
    SF_TRY(packages->ring_, cache::KeyRing::load(context.site.keys()));
    if (context.site.cache.only_signed && packages->ring_.keys().empty()) {
        packages->warn(fmt::format("no public key is in {}, so nothing can be taken from binary caches "
                                   "(slurm-factory cache keys add FILE.pub)",
                                   context.site.keys().string()));
        return std::unique_ptr<RemotePackages>();
    }
    return packages;
}

void RemotePackages::warn(std::string text)
{
    {
        const std::lock_guard lock(mutex_);
        if (!warned_.insert(text).second)
            return;
    }
    context_.events.on_event(event::Message{event::Message::Level::warning, std::move(text)});
}

util::Result<std::optional<store::Action>> RemotePackages::pull_from(cache::Remote& remote, const plan::Step& step,
                                                                     const util::Digest& key)
{
    const auto start = std::chrono::steady_clock::now();
    SF_TRY(const auto found, remote.find(key, context_.stop));
    if (!found)
        return std::optional<store::Action>();
    if (context_.site.cache.only_signed) {
        SF_TRY([[maybe_unused]] const auto signer, cache::verify_entry(remote, *found, ring_, context_.stop));
    }
    std::uint64_t bytes = 0;
    for (const auto& layer : found->entry.layers) {
        const bool had = layers_.contains(layer.diff_id);
        SF_TRY([[maybe_unused]] const auto info,
               cache::pull_layer(remote, layer, layers_, layer_owner(), context_.stop, {}));
        bytes += had ? 0 : layer.blob.size;
    }
    SF_CHECK(database_.put_action(found->entry.action));
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    context_.events.on_event(
        event::PackagePulled{step.id(), remote.name(), bytes, wall.count(), found->entry.action.cpu_seconds});
    return std::optional(found->entry.action);
}

util::Result<std::optional<store::Action>> RemotePackages::pull(const plan::Step& step, const util::Digest& key)
{
    for (const auto& place : places_) {
        if (place->given_up)
            continue;
        auto action = pull_from(*place->remote, step, key);
        if (action) {
            if (*action)
                return action;
            continue;
        }
        const auto& error = action.error();
        if (error.code == ErrorCode::verify) {
            warn(fmt::format("{} of {} is not used: {}", step.id(), place->remote->name(), error.message));
        } else if (error.code == ErrorCode::source || error.code == ErrorCode::usage ||
                   error.code == ErrorCode::failure) {
            if (!place->given_up.exchange(true)) // several threads may find out at once, each with words of its own
                warn(fmt::format("going on without the binary cache {}: {}", place->remote->name(), error.message));
        } else {
            return action;
        }
    }
    return std::optional<store::Action>();
}

} // namespace sf::app
