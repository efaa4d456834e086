#include "app/remotes/remote_packages.hpp"

#include "app/session/disk_usage.hpp"
#include "cache/import.hpp"

#include <chrono>
#include <limits>

namespace sf::app {
namespace {

/// What the entry says that its layers take, blobs and files, but for those that are there. As much as a number holds,
/// where it says more.
std::uint64_t promised_bytes(const cache::CacheEntry& entry, const store::LayerStore& layers)
{
    std::uint64_t sum = 0;
    for (const auto& layer : entry.layers) {
        if (layers.contains(layer.diff_id))
            continue;
        for (const auto bytes : {layer.blob.size, layer.tar_bytes})
            sum = bytes > std::numeric_limits<std::uint64_t>::max() - sum ? std::numeric_limits<std::uint64_t>::max()
                                                                          : sum + bytes;
    }
    return sum;
}

} // namespace

util::Result<std::optional<store::Action>> RemotePackages::pull_from(cache::Remote& remote, const plan::Step& step,
                                                                     const util::Digest& image, const util::Digest& key)
{
    const auto start = std::chrono::steady_clock::now();
    SF_TRY(const auto found, remote.find(key, session_.stop));
    if (!found)
        return std::optional<store::Action>();
    auto action = found->entry.action;
    action.image = image;
    SF_CHECK(remotes_.check_signature(remote, found->manifest, action.package + " " + action.version));
    SF_CHECK(remotes_.check_size(promised_bytes(found->entry, session_.layers()), session_.layers().directory()));
    std::uint64_t bytes = 0;
    std::uint64_t layer_bytes = 0;
    for (const auto slice : {cache::Slice::run, cache::Slice::dev, cache::Slice::debug}) {
        const auto& layer = found->entry.layer(slice);
        const auto effort = slice == cache::Slice::run ? store::run_effort : store::other_effort;
        const bool had = session_.layers().contains(layer.diff_id);
        SF_TRY(const auto info, cache::pull_layer(remote, layer, effort, session_.layers(), session_.stop, {}));
        bytes += had ? 0 : layer.blob.size;
        layer_bytes += info.tree_bytes;
    }
    SF_CHECK(database_.put_action(action, now()));
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    session_.events.on_event(
        event::PackagePulled{step.id(), remote.name(), bytes, wall.count(), action.cpu_seconds, layer_bytes});
    return std::optional(std::move(action));
}

util::Result<std::optional<store::Action>> RemotePackages::pull(const plan::Step& step, const util::Digest& image,
                                                                const util::Digest& key)
{
    return remotes_.first<store::Action>(step.id(),
                                         [&](cache::Remote& remote) { return pull_from(remote, step, image, key); });
}

} // namespace sf::app
