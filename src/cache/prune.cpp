#include "cache/prune.hpp"

#include "cache/entry.hpp"
#include "cache/run_image.hpp"
#include "util/directory.hpp"
#include "util/fs.hpp"

#include <set>
#include <system_error>

namespace sf::cache {
namespace {

namespace stdfs = std::filesystem;

bool is_older(const stdfs::path& file, std::chrono::seconds age)
{
    std::error_code error;
    const auto changed = stdfs::last_write_time(file, error);
    return !error && stdfs::file_time_type::clock::now() - changed > age;
}

/// Adds what an entry consists of.
util::Status add_blobs(const Layout& layout, const util::Digest& key, std::set<util::Digest>& blobs)
{
    SF_TRY(const auto manifest, layout.find(key));
    if (!manifest)
        return {};
    blobs.insert(manifest->digest);
    const auto text = layout.read_blob(*manifest);
    const auto entry = text ? parse_entry(*text, key) : util::Result<Entry>(tl::unexpected(text.error()));
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
        const auto text = util::read_file(layout.root() / blob_place(image));
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
        if (!dry_run)
            SF_CHECK(util::remove_tree(blob));
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
    std::set<util::Digest> needed;
    for (const auto& key : keys) {
        SF_CHECK(stop.check());
        if (is_older(layout.root() / key_place(key), keep)) {
            pruned.keys.push_back(key);
            continue;
        }
        ++pruned.kept;
        SF_CHECK(add_blobs(layout, key, needed));
    }
    SF_TRY(const bool complete, add_images(layout, needed));
    pruned.others = !complete;
    if (!dry_run)
        SF_CHECK(layout.forget(pruned.keys));
    if (!pruned.others)
        SF_CHECK(remove_blobs(layout, needed, dry_run, stop, pruned));
    return pruned;
}

} // namespace sf::cache
