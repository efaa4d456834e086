#include "cache/directory_remote.hpp"

#include "util/fs.hpp"

namespace sf::cache {

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
    const auto place = layout_.root() / blob_place(blob.digest);
    SF_TRY(auto writer, BlobWriter::open(blob, file, stop));
    SF_CHECK(util::require_space(file.parent_path(), writer.left(), "a blob of the binary cache"));
    std::error_code error;
    const auto size = std::filesystem::file_size(place, error);
    if (error)
        return util::fail(util::ErrorCode::verify, fmt::format("blob {} is not in {}", blob.digest.to_short(), name()),
                          "push the package again");
    SF_CHECK(copy_blob(BlobSource({blob.media_type, blob.digest, size}, place, size, {}), writer, stop));
    if (on_progress)
        on_progress(blob.size, blob.size);
    return {};
}

util::Status DirectoryRemote::push(const Packed& packed, const std::string& signature, const util::StopToken& stop)
{
    SF_CHECK(layout_.create());
    for (const auto& blob : packed.blobs)
        SF_CHECK(layout_.put_blob(blob, stop));
    SF_CHECK(layout_.put_blob(BlobSource(packed.manifest_descriptor.media_type, packed.manifest), stop));
    if (!signature.empty())
        SF_CHECK(put_signature(packed.manifest_descriptor, signature, stop));
    return layout_.put_key(packed.entry.action.key, packed.manifest_descriptor);
}

util::Status DirectoryRemote::push_image(const PackedImage& image, const util::StopToken& stop)
{
    SF_CHECK(layout_.create());
    for (const auto& blob : image.blobs)
        SF_CHECK(layout_.put_blob(blob, stop));
    SF_CHECK(layout_.put_blob(BlobSource(image.manifest_descriptor.media_type, image.manifest), stop));
    return layout_.put_image(image.tag, image.manifest_descriptor);
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

util::Status DirectoryRemote::finish(const util::StopToken& /*stop*/)
{
    SF_CHECK(layout_.require());
    return layout_.update_index();
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
                                            const util::StopToken& /*stop*/)
{
    return layout_.put_signature(manifest.digest, signature);
}

} // namespace sf::cache
