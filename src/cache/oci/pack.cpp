#include "cache/oci/pack.hpp"

#include "store/decompressor.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sf::cache {

namespace {

/// A blob's bytes on their way to the decompressor, hashed.
class HashedInput {
public:
    HashedInput(util::UniqueFd fd, std::filesystem::path file, std::string_view tail) :
        fd_(std::move(fd)), file_(std::move(file)), tail_(tail)
    {
    }

    util::Result<std::size_t> read(char* buffer, std::size_t capacity)
    {
        ssize_t count = 0;
        do
            count = ::read(fd_.get(), buffer, capacity);
        while (count < 0 && errno == EINTR);
        if (count < 0)
            return util::fail_errno(errno, fmt::format("cannot read {}", file_.string()));
        auto got = static_cast<std::size_t>(count);
        file_bytes_ += got;
        if (got == 0)
            got = take_tail(buffer, capacity);
        hash_.update(std::string_view(buffer, got));
        bytes_ += got;
        return got;
    }

    [[nodiscard]] util::Digest digest() { return hash_.finish(); }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }

private:
    std::size_t take_tail(char* buffer, std::size_t capacity)
    {
        const auto got = tail_.copy(buffer, capacity);
        tail_.remove_prefix(got);
        return got;
    }

    util::UniqueFd fd_;
    std::filesystem::path file_;
    std::string_view tail_;
    util::Sha256 hash_;
    std::uint64_t bytes_ = 0;
    std::uint64_t file_bytes_ = 0;
};

struct PackedLayer {
    LayerBlob layer;
    BlobSource source;
};

/// The layer's bytes without the end of their archive.
util::Result<std::filesystem::path> member_file(const store::LayerStore& layers, const util::Digest& digest,
                                                store::Coding coding, const util::StopToken& stop)
{
    if (coding == store::Coding::zstd)
        return layers.zst_member(digest, stop);
    return layers.member(digest);
}

util::Result<PackedLayer> pack_layer(const store::LayerStore& layers, const util::Digest& digest, store::Coding coding,
                                     const util::StopToken& stop)
{
    if (!layers.contains(digest))
        return util::fail(util::ErrorCode::failure,
                          fmt::format("layer {} is not in {}", digest.to_short(), layers.directory().string()),
                          "build its package again");
    SF_TRY(const auto file, member_file(layers, digest, coding, stop));
    SF_TRY(auto fd, util::open_file(file, O_RDONLY));
    SF_TRY(auto tail, store::archive_end(coding));
    HashedInput input(std::move(fd), file, tail);
    SF_TRY(const auto decompressor, store::Decompressor::make(coding, [&input](char* buffer, std::size_t capacity) {
               return input.read(buffer, capacity);
           }));
    std::string buffer(std::size_t{1} << 18U, '\0');
    util::Sha256 tar;
    std::uint64_t tar_bytes = 0;
    while (true) {
        SF_CHECK(stop.check());
        auto count = decompressor->read(buffer.data(), buffer.size());
        if (!count)
            return util::fail(std::move(count).error(), fmt::format("reading {}", file.string()));
        if (*count == 0)
            break;
        tar.update(std::string_view(buffer).substr(0, *count));
        tar_bytes += *count;
    }
    if (tar.finish() != digest)
        return util::fail(util::ErrorCode::verify, fmt::format("{} is damaged", file.string()),
                          "remove the layer's directory; it is built again");
    const LayerBlob layer{{layer_media_type(coding), input.digest(), input.bytes()}, digest, tar_bytes};
    return PackedLayer{layer, BlobSource(layer.blob, file, input.file_bytes(), tail)};
}

} // namespace

Packed pack(const CacheEntry& entry, std::vector<BlobSource> layers)
{
    std::vector<BlobSource> blobs{BlobSource("application/vnd.oci.image.config.v1+json", config_text(entry))};
    for (auto& layer : layers) {
        // Packages often share an empty debug slice with their own dev slice.
        const bool is_there = std::any_of(blobs.begin(), blobs.end(), [&](const BlobSource& blob) {
            return blob.descriptor().digest == layer.descriptor().digest;
        });
        if (!is_there)
            blobs.push_back(std::move(layer));
    }
    auto manifest = manifest_text(entry);
    Descriptor descriptor{manifest_media_type, util::sha256(manifest), manifest.size()};
    return {entry, std::move(manifest), std::move(descriptor), std::move(blobs)};
}

util::Result<Packed> pack(const store::LayerStore& layers, const store::Action& action, store::Coding coding,
                          const util::StopToken& stop)
{
    SF_TRY(auto run, pack_layer(layers, action.layers.run, coding, stop));
    SF_TRY(auto dev, pack_layer(layers, action.layers.dev, coding, stop));
    SF_TRY(auto debug, pack_layer(layers, action.layers.debug, coding, stop));
    return pack(CacheEntry{action, {run.layer, dev.layer, debug.layer}},
                {std::move(run.source), std::move(dev.source), std::move(debug.source)});
}

} // namespace sf::cache
