#include "app/exchange/remote_entries.hpp"

#include "app/remotes/remotes.hpp"
#include "cache/oci/base_image.hpp"
#include "cache/oci/run_image.hpp"
#include "http/url.hpp"
#include "util/files/directory.hpp"
#include "util/files/life_sign.hpp"
#include "util/terminal_text.hpp"
#include "util/threads.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <tuple>

namespace sf::app {
namespace {

using util::Result;
using util::Status;

/// Fetches the blobs and says what is wrong with one; empty: nothing.
std::string fault_in(const Session& session, cache::Remote& remote, const std::vector<cache::Descriptor>& blobs)
{
    const auto directory = util::ScratchDir::make(session.site.work(), "verify");
    if (!directory)
        return directory.error().message;
    for (const auto& blob : blobs)
        if (const auto got = remote.fetch_blob(blob, directory->path() / blob.digest.to_hex(), session.stop, {}); !got)
            return got.error().message;
    return {};
}

RemoteEntry look_at(const Session& session, cache::Remote& remote, const cache::KeyRing& ring, const util::Digest& key,
                    bool thorough)
{
    RemoteEntry entry{key, {}, 0, {}, {}, false};
    const auto found = remote.find(key, session.stop);
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
    if (const auto signer = cache::verify_entry(remote, **found, ring, session.stop))
        entry.signer = signer->name;
    if (thorough)
        entry.fault = fault_in(session, remote, blobs);
    return entry;
}

/// nullopt for another tool's that cannot be looked through.
std::optional<RemoteEntry> look_at_image(const Session& session, cache::Remote& remote, const cache::KeyRing& ring,
                                         const std::string& tag, bool thorough)
{
    RemoteEntry entry{std::nullopt, "image " + util::visible_name(tag), 0, {}, {}, true};
    const auto manifest = remote.find_image(tag, session.stop);
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
    if (const auto signer = cache::verify_manifest(remote, *entry.key, entry.package, ring, session.stop))
        entry.signer = signer->name;
    if (!blobs)
        return entry;
    for (const auto& blob : *blobs)
        entry.bytes += blob.size;
    if (thorough && entry.fault.empty())
        entry.fault = fault_in(session, remote, *blobs);
    return entry;
}

} // namespace

Result<std::vector<RemoteEntry>> list_remote(const Session& session, const std::string& where, bool thorough)
{
    SF_TRY(const auto remote, cache::open_remote(where, remote_options(session.site)));
    SF_TRY(const auto ring, cache::KeyRing::load(session.site.keys()));
    SF_TRY(const auto keys, remote->list(session.stop));
    SF_TRY(const auto images, remote->list_images(session.stop));
    std::vector<std::optional<RemoteEntry>> found(keys.size() + images.size());
    const auto look_at_one = [&](std::size_t item) -> Status {
        SF_CHECK(session.stop.check());
        if (item < keys.size())
            found[item] = look_at(session, *remote, ring, keys[item], thorough);
        else
            found[item] = look_at_image(session, *remote, ring, images[item - keys.size()], thorough);
        return {};
    };
    SF_CHECK(util::try_in_threads(session.site.network.parallel_downloads, found.size(), look_at_one));
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

Result<cache::Pruned> prune_remote(const Session& session, const std::string& where, unsigned keep_days, bool dry_run)
{
    const bool is_path = where.find("://") == std::string::npos;
    const auto directory = is_path ? std::optional(util::absolute_path(where)) : http::local_path(where);
    if (!directory)
        return util::fail(util::ErrorCode::usage,
                          fmt::format("{} is not in a directory", http::without_password(where)),
                          "a registry removes old images by its own rules; prune a served directory on its host");
    return cache::prune(cache::Layout(*directory), std::chrono::days(keep_days), dry_run, session.stop);
}

} // namespace sf::app
