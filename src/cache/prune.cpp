#include "cache/prune.hpp"

#include "cache/oci/entry.hpp"
#include "cache/oci/run_image.hpp"
#include "util/files/directory.hpp"
#include "util/files/foreign_file.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <system_error>

namespace sf::cache {
namespace {

namespace stdfs = std::filesystem;

/// Adds what an entry consists of.
util::Status add_blobs(const Layout& layout, const util::Digest& key, std::set<util::Digest>& blobs)
{
    SF_TRY(const auto manifest, layout.find(key));
    if (!manifest)
        return {};
    blobs.insert(manifest->digest);
    const auto text = layout.read_blob(*manifest);
    const auto entry = text ? parse_entry(*text, key) : util::Result<CacheEntry>(tl::unexpected(text.error()));
    if (!entry) // nobody can read it, so it needs nothing
        return {};
    blobs.insert(util::sha256(config_text(*entry)));
    for (const auto& layer : entry->layers)
        blobs.insert(layer.blob.digest);
    return {};
}

/// Adds what images that are no entries consist of; false when one cannot be looked through.
util::Result<bool> add_images(const Layout& layout, std::set<util::Digest>& blobs)
{
    SF_TRY(const auto images, layout.images());
    for (const auto& image : images) {
        const auto text = util::read_foreign_file(layout.root() / blob_place(image), longest_manifest);
        const auto needed =
            text ? blobs_of_manifest(*text) : util::Result<std::vector<Descriptor>>(tl::unexpected(text.error()));
        if (!needed)
            return false;
        blobs.insert(image);
        for (const auto& blob : *needed)
            blobs.insert(blob.digest);
    }
    return true;
}

util::Status remove_blobs(const Layout& layout, const std::set<util::Digest>& needed, bool dry_run,
                          const util::StopToken& stop, Pruned& pruned)
{
    SF_TRY(const auto blobs, util::paths_in(layout.root() / "blobs" / "sha256"));
    for (const auto& blob : blobs) {
        SF_CHECK(stop.check());
        const auto digest = util::Digest::parse(blob.filename().string());
        if (!digest || needed.contains(*digest) || !is_older(blob, Layout::longest_push))
            continue;
        std::error_code ignored;
        const auto size = stdfs::file_size(blob, ignored);
        if (!dry_run) {
            SF_TRY(const bool removed, layout.remove_blob(*digest, stop));
            if (!removed)
                continue;
        }
        ++pruned.blobs;
        pruned.bytes += ignored ? 0 : size;
    }
    return {};
}

} // namespace

util::Result<Pruned> prune(const Layout& layout, std::chrono::seconds keep, bool dry_run, const util::StopToken& stop)
{
    SF_CHECK(layout.require());
    SF_TRY(const auto keys, layout.keys());
    Pruned pruned;
    std::vector<util::Digest> old;
    std::copy_if(keys.begin(), keys.end(), std::back_inserter(old),
                 [&](const util::Digest& key) { return is_older(layout.root() / key_place(key), keep); });
    pruned.keys = old;
    if (!dry_run) {
        SF_TRY(pruned.keys, layout.forget(std::move(old), keep, stop));
    }
    std::set<util::Digest> needed;
    for (const auto& key : keys) { // both are sorted
        SF_CHECK(stop.check());
        if (std::binary_search(pruned.keys.begin(), pruned.keys.end(), key))
            continue;
        ++pruned.kept;
        SF_CHECK(add_blobs(layout, key, needed));
    }
    SF_TRY(const bool complete, add_images(layout, needed));
    pruned.others = !complete;
    if (!pruned.others)
        SF_CHECK(remove_blobs(layout, needed, dry_run, stop, pruned));
    return pruned;
}

} // namespace sf::cache
