// A layer's unpacked tree: its canonical form on disk, and the tar that is made of it. Private to this module.
#pragma once

#include "store/layer_store.hpp"
#include "store/tar_member.hpp"
#include "util/error.hpp"
#include "util/files/fs.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <vector>

namespace sf::store {

/// The layer as a zstd frame, in its directory.
inline constexpr const char* frame_name = "layer.tar.zst";

/// The mode that an entry of a layer has: 0755 for directories and for files with any execute bit, else 0644.
[[nodiscard]] mode_t layer_mode(std::filesystem::file_type type, mode_t mode);

/// Gives all entries below `tree` their modes and time, and makes this process's user their owner. Whoever built them
/// can change nothing any more.
[[nodiscard]] util::Result<std::vector<util::TreeEntry>> normalise_tree(const std::filesystem::path& tree);
/// The same for the directory `tree` alone.
[[nodiscard]] util::Status normalise_top(const std::filesystem::path& tree);

/// Writes the tree's canonical tar, without its end, and hashes it; gz_bytes and zst_bytes are not set.
[[nodiscard]] util::Result<LayerInfo> write_layer_tar(const std::filesystem::path& tree,
                                                      const std::vector<util::TreeEntry>& entries, ByteSink sink,
                                                      Coding coding);

} // namespace sf::store
