// Layers on disk: ROOT/layers/<digest>/{tree/,layer.tar.gz,layer.tar.zst,layer.json}.
//
// `tree/` is the unpacked slice below the prefix (what overlays mount), `layer.tar.gz` is one gzip member holding the
// slice's canonical tar *without* the end-of-archive blocks, so that members can be put one after the other. The same
// as a zstd frame, `layer.tar.zst`, is made when it is first asked for.
#pragma once

#include "store/tar_member.hpp"
#include "util/error.hpp"
#include "util/files/claim.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::store {

/// Name that every path in a layer's tar starts with: the top directory of the software tarball.
inline constexpr const char* layer_top = "software";

/// How hard to compress a layer's gzip member: Coding::gzip or Coding::gzip_quick.
enum class Effort { strong, quick };
/// Only what ships is worth compressing hard. Whoever has a layer has the same member of it, built or pulled.
inline constexpr Effort run_effort = Effort::strong;
inline constexpr Effort other_effort = Effort::quick; ///< of dev and debug slices

/// What a layer holds.
struct LayerInfo {
    util::Digest digest;          ///< sha256 of the canonical tar, end-of-archive blocks included
    std::uint64_t tree_bytes = 0; ///< sum of file sizes
    std::uint64_t gz_bytes = 0;
    std::uint64_t files = 0;                ///< entries that are not directories
    std::optional<std::uint64_t> zst_bytes; ///< once the zstd frame is made
};

/// A layer and what removing it frees.
struct StoredLayer {
    util::Digest digest;
    std::uint64_t bytes = 0;  ///< of its tree and its compressed forms
    std::int64_t claimed = 0; ///< when it was last claimed, or made, in seconds since 1970
};

/// What a layer's tree holds, as paths below the prefix, sorted by bytes: a directory precedes its contents.
struct LayerPaths {
    std::vector<std::string> directories;
    std::vector<std::string> others; ///< files and symbolic links
};

class LayerStore {
public:
    explicit LayerStore(std::filesystem::path directory);

    /// Whether the layer is there and complete (its layer.json is written last).
    [[nodiscard]] bool contains(const util::Digest& digest) const;
    /// Whether all are there; if so remove() with a time before now spares them from now on (util/files/claim.hpp).
    /// What is added is claimed by that.
    [[nodiscard]] util::Result<bool> claim(const std::vector<util::Digest>& digests) const;
    [[nodiscard]] std::filesystem::path tree(const util::Digest& digest) const;
    [[nodiscard]] std::filesystem::path member(const util::Digest& digest) const;
    /// The file that holds the layer as a zstd frame; it is made of the tree if it is not there, at about 1.5 MB a
    /// second and with the memory that store/compressor.hpp tells of. Others may ask for it at the same time. Errors:
    /// the layer is not there, its tree no longer is what it was, no_space, interrupted.
    [[nodiscard]] util::Result<std::filesystem::path> zst_member(const util::Digest& digest,
                                                                 const util::StopToken& stop) const;
    [[nodiscard]] util::Result<LayerInfo> info(const util::Digest& digest) const;

    /// The paths of a layer that is about to be built on. Looks at the attributes of all of its tree, which add() set:
    /// kinds, modes, owner, times, the number and sizes of files. It reads no file; verify() does. A tree with other
    /// attributes is hashed: the same bytes (a store that was copied, or made by an older version) get their attributes
    /// back. Error verify: the tree is not what was added any more.
    [[nodiscard]] util::Result<LayerPaths> inspect(const util::Digest& digest, const util::StopToken& stop) const;

    /// Takes a normalised directory tree in: writes the canonical tar through gzip, hashes it, moves the tree.
    /// All of it becomes the caller's: whoever built it can change nothing any more.
    /// `tree` must lie on the store's file system and is consumed. Adding what is there already is no error.
    /// Canonical: entries sorted by path, uid/gid 0 without names, mtime `source_date_epoch`, modes 0755/0644
    /// (directories and files with any execute bit / others), POSIX ustar with pax headers only where needed,
    /// hard links as copies. `effort` is no part of the identity; quick suits slices that do not ship.
    [[nodiscard]] util::Result<LayerInfo> add(const std::filesystem::path& tree, Effort effort = Effort::strong);

    /// As add(), for a layer that was compressed elsewhere: `member` becomes its gzip member or, where `coding` is
    /// zstd, its frame beside a gzip member made here, as it is if `member` is empty: with the `effort` that add() took
    /// it is the same member. Both are consumed and must lie on the store's file system. The caller has checked that
    /// `member` holds the tar that `digest` is of, without its end. Error verify: the tree's canonical tar is another;
    /// nothing is added then.
    [[nodiscard]] util::Result<LayerInfo> adopt(const std::filesystem::path& tree, const std::filesystem::path& member,
                                                Coding coding, Effort effort, const util::Digest& digest,
                                                const util::StopToken& stop);

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

    /// Paths of all entries that are not directories, relative to the prefix, sorted.
    [[nodiscard]] util::Result<std::vector<std::string>> file_list(const util::Digest& digest) const;

    // Garbage collection (layer_store_list.cpp).

    /// All layers, by digest. A damaged one is listed with no bytes.
    [[nodiscard]] util::Result<std::vector<StoredLayer>> list() const;
    /// Takes the layer away unless it is not there or was claimed at `since` (seconds since 1970) or later: false then.
    /// contains() becomes false at once; if it is interrupted sweep() does the rest.
    [[nodiscard]] util::Result<bool> remove(const util::Digest& digest, std::int64_t since = util::spare_nothing);
    /// Removes what processes that are dead left of layers that they were adding. Others may be adding.
    [[nodiscard]] util::Status sweep_dead() const;
    /// The same, and what is left of layers that were being removed. Nobody may be adding.
    [[nodiscard]] util::Status sweep();

private:
    /// Puts the draft, which has the members, and the tree in the layer's place.
    [[nodiscard]] util::Result<LayerInfo> publish(util::ScratchDir draft, const std::filesystem::path& tree,
                                                  const LayerInfo& info) const;

    std::filesystem::path directory_;
    util::Claims claims_;
};

/// The fixed time that layers carry, and that builds see as SOURCE_DATE_EPOCH: 2020-01-01T00:00:00Z.
inline constexpr long source_date_epoch = 1577836800;

} // namespace sf::store
