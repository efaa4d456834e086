#include "cache/remote/directory_remote.hpp"

#include "util/files/fs.hpp"

#include <algorithm>
#include <iterator>

namespace sf::cache {

namespace {

/// What is wrong with the cache's own file system: the usual hints are about that of --root.
template <typename T> util::Result<T> of_the_cache(util::Result<T> status, const std::filesystem::path& root)
{
    if (status)
        return status;
    auto& error = status.error();
    if (error.code == util::ErrorCode::no_space)
        error.hint = fmt::format("free some space on the file system of {0}, by 'slurm-factory cache prune {0}' for "
                                 "instance, or choose another directory for the cache",
                                 root.string());
    else if (error.code == util::ErrorCode::permission)
        error.hint =
            fmt::format("push as a user who may write to {}, or choose another directory for the cache", root.string());
    return status;
}

std::vector<Descriptor> descriptors_of(const std::vector<BlobSource>& blobs)
{
    std::vector<Descriptor> descriptors;
    std::transform(blobs.begin(), blobs.end(), std::back_inserter(descriptors),
                   [](const BlobSource& blob) { return blob.descriptor(); });
    return descriptors;
}

} // namespace

util::Result<std::optional<Found>> DirectoryRemote::find(const util::Digest& key, const util::StopToken& /*stop*/)
{
    SF_CHECK(layout_.require());
    SF_TRY(const auto manifest, layout_.find(key));
    if (!manifest)
        return std::optional<Found>();
    SF_TRY(const auto text, layout_.read_blob(*manifest));
    SF_TRY(auto entry, parse_entry(text, key));
    return std::optional(Found{std::move(entry), manifest->digest});
}

util::Status DirectoryRemote::fetch_blob(const Descriptor& blob, const std::filesystem::path& file,
                                         const util::StopToken& stop, const OnProgress& on_progress)
{
    SF_CHECK(layout_.require_blob(blob));
    SF_TRY(auto writer, BlobWriter::open(blob, file, stop));
    SF_CHECK(util::require_space(file.parent_path(), writer.left(), "a blob of the binary cache"));
    SF_CHECK(layout_.copy_blob_to(writer, blob, stop));
    if (on_progress)
        on_progress(blob.size, blob.size);
    return {};
}

util::Status DirectoryRemote::put_blobs(const std::vector<BlobSource>& blobs, const Descriptor& manifest,
                                        const std::string& text, const util::StopToken& stop)
{
    SF_CHECK(layout_.create(stop));
    for (const auto& blob : blobs)
        SF_CHECK(layout_.put_blob(blob, stop));
    return layout_.put_blob(BlobSource(manifest.media_type, text), stop);
}

util::Status DirectoryRemote::push(const Packed& packed, const std::string& signature, const util::StopToken& stop)
{
    const auto put = [&]() -> util::Status {
        SF_CHECK(put_blobs(packed.blobs, packed.manifest_descriptor, packed.manifest, stop));
        if (!signature.empty())
            SF_CHECK(layout_.put_signature(packed.manifest_descriptor.digest, signature, stop));
        return layout_.put_key(packed.entry.action.key, packed.manifest_descriptor, stop);
    };
    return of_the_cache(put(), layout_.root());
}

util::Status DirectoryRemote::push_image(const PackedImage& image, const util::StopToken& stop)
{
    const auto put = [&]() -> util::Status {
        SF_CHECK(put_blobs(image.blobs, image.manifest_descriptor, image.manifest, stop));
        return layout_.put_image(image.tag, image.manifest_descriptor, stop);
    };
    return of_the_cache(put(), layout_.root());
}

util::Result<std::optional<std::string>> DirectoryRemote::find_image(const std::string& tag,
                                                                     const util::StopToken& /*stop*/)
{
    SF_CHECK(layout_.require());
    SF_TRY(const auto manifest, layout_.find_image(tag));
    if (!manifest)
        return std::optional<std::string>();
    SF_TRY(auto text, layout_.read_blob(*manifest));
    return std::optional(std::move(text));
}

util::Result<std::string> DirectoryRemote::get_manifest(const Descriptor& manifest, const util::StopToken& /*stop*/)
{
    return layout_.read_blob(manifest);
}

util::Status DirectoryRemote::finish(const util::StopToken& stop)
{
    SF_CHECK(layout_.require());
    return of_the_cache(layout_.update_index(stop), layout_.root());
}

util::Result<std::vector<util::Digest>> DirectoryRemote::list(const util::StopToken& /*stop*/)
{
    SF_CHECK(layout_.require());
    return layout_.keys();
}

util::Result<std::vector<std::string>> DirectoryRemote::list_images(const util::StopToken& /*stop*/)
{
    SF_CHECK(layout_.require());
    return layout_.image_tags();
}

util::Result<std::optional<std::string>> DirectoryRemote::find_signature(const util::Digest& manifest, Scheme scheme,
                                                                         const util::StopToken& /*stop*/)
{
    return layout_.find_signature(manifest, scheme);
}

util::Status DirectoryRemote::put_signature(const Descriptor& manifest, const std::string& signature,
                                            const util::StopToken& stop)
{
    return of_the_cache(layout_.put_signature(manifest.digest, signature, stop), layout_.root());
}

util::Result<bool> DirectoryRemote::keep(const Packed& packed, const util::StopToken& stop)
{
    // First, so that no prune takes the entry for an old one while its blobs are read.
    auto touched = layout_.touch(packed.entry.action.key, stop);
    if (!touched)
        return of_the_cache(std::move(touched), layout_.root());
    if (!*touched) // it was pruned since it was found
        return false;
    return has_whole(descriptors_of(packed.blobs), stop);
}

util::Result<bool> DirectoryRemote::has_whole(const std::vector<Descriptor>& blobs, const util::StopToken& stop)
{
    for (const auto& blob : blobs) {
        auto is_there = layout_.use_blob(blob, stop);
        if (!is_there || !*is_there)
            return of_the_cache(std::move(is_there), layout_.root());
    }
    return true;
}

} // namespace sf::cache
