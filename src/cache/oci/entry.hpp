// One entry of a binary cache: what building a key gave, as an OCI image.
//
// The manifest is an OCI image manifest (https://github.com/opencontainers/image-spec, manifest.md) with three layers,
// run, dev and debug in this order; its config is an OCI image config (config.md). All that slurm-factory needs stands
// in the manifest, so that one request answers a look-up and a signature of the manifest's digest covers everything.
// docs/cache.md has the format.
#pragma once

#include "store/database.hpp"
#include "store/tar_member.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sf::cache {

/// In the annotation. History: 1 = the first.
inline constexpr const char* entry_format = "slurm-factory cache entry 1";

inline constexpr const char* manifest_media_type = "application/vnd.oci.image.manifest.v1+json";

/// The longest manifest that is read, as registries have it.
inline constexpr std::size_t longest_manifest = std::size_t{4} << 20U;

/// What an OCI descriptor says of a blob.
struct Descriptor {
    std::string media_type;
    util::Digest digest;
    std::uint64_t size = 0;
    auto operator<=>(const Descriptor&) const = default;
};

/// One slice as a blob: a complete tar, compressed.
struct LayerBlob {
    Descriptor blob;
    util::Digest diff_id;        ///< sha256 of the tar: the layer's digest in the store
    std::uint64_t tar_bytes = 0; ///< its size
    auto operator<=>(const LayerBlob&) const = default;

    /// How the blob is compressed, by its media type.
    [[nodiscard]] store::Coding coding() const;
};

enum class Slice : std::size_t { run = 0, dev = 1, debug = 2 };
inline constexpr std::array<const char*, 3> slice_names = {"run", "dev", "debug"};

struct CacheEntry {
    store::Action action; ///< its layers are the blobs' diff_ids
    std::array<LayerBlob, 3> layers;

    /// How the blobs are compressed; pack() never mixes.
    [[nodiscard]] store::Coding coding() const { return layers.front().coding(); }
    [[nodiscard]] const LayerBlob& layer(Slice slice) const { return layers.at(static_cast<std::size_t>(slice)); }
};

/// The media type of a layer, "application/vnd.oci.image.layer.v1.tar+gzip" or "+zstd".
[[nodiscard]] const char* layer_media_type(store::Coding coding);

/// The image config and the manifest; the same entry gives the same bytes.
[[nodiscard]] std::string config_text(const CacheEntry& entry);
[[nodiscard]] std::string manifest_text(const CacheEntry& entry);

/// Reads a manifest that anybody may have written. Errors: verify, naming what is wrong with it.
[[nodiscard]] util::Result<CacheEntry> parse_manifest(std::string_view text);

/// parse_manifest(), and that the entry is of this key: a signed entry of another must not be taken for it.
[[nodiscard]] util::Result<CacheEntry> parse_entry(std::string_view text, const util::Digest& key);

} // namespace sf::cache
