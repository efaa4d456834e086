// Unpacking a layer's blob that need not be trusted. Private to `cache`.
//
// Only what a canonical layer has gets through: directories, regular files and symbolic links below "software/", each
// once, after the directory it lies in, with mode 0755 or 0644. Links stay in the tree: they are relative, do not climb
// above its top, and do not climb after having passed another link. All else is an error; no byte is written outside of
// the tree, and none beyond the promised size of the tar.
#pragma once

#include "cache/oci/entry.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace sf::cache {

struct Unpacked {
    /// How much of the blob is the member without the archive's end; nullopt when the end is no piece of its own.
    std::optional<std::uint64_t> member_bytes;
};

/// Makes `tree`, whose parent must be a directory that nobody else writes to. Errors: verify for everything wrong with
/// the blob, down to the sha256 of the tar; no_space, permission, interrupted. After an error the tree may be there in
/// part.
[[nodiscard]] util::Result<Unpacked> unpack_layer(const std::filesystem::path& blob, const LayerBlob& layer,
                                                  const std::filesystem::path& tree, const util::StopToken& stop);

} // namespace sf::cache
