// A software tarball as `bundle` writes it, looked at from outside: which version it is, and which of its bytes are
// which package.
#pragma once

#include "store/tar_member.hpp"
#include "util/error.hpp"
#include "util/files/mapped_file.hpp"
#include "util/files/sha256.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::deploy {

/// One entry of the tree, all of which belongs to root. `path` is relative to its top ("." for the top itself).
struct ArchiveEntry {
    std::string path;
    mode_t mode = 0;                    ///< type and permissions, as stat(2) has them
    std::uint64_t size = 0;             ///< of a regular file
    std::string target;                 ///< of a symbolic link
    std::optional<util::Digest> sha256; ///< of a regular file's contents
};

/// The part of the tarball that holds one package's run slice: whole gzip members or zstd frames.
struct Part {
    std::string package;
    util::Digest layer;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::vector<ArchiveEntry> entries;
};

struct Archive {
    util::MappedFile file;
    store::Coding coding = store::Coding::gzip;
    util::Digest sha256;
    std::string blake2b;              ///< of the same bytes
    std::string slurm_version;        ///< "24.11.5"
    std::uint64_t unpacked_bytes = 0; ///< at most, on a file system with blocks of 4 KiB
    std::vector<Part> parts;          ///< in the manifest's order; empty when the tarball is not made of them
    std::uint64_t tail_offset = 0;    ///< where the manifest and the end of the archive begin; with parts only
    std::string undivided;            ///< why there are no parts

    /// Name of the version below PREFIX/versions: Slurm's version and the first 12 digits of the tarball's sha256.
    [[nodiscard]] std::string id() const { return slurm_version + "-" + sha256.to_short(); }
    /// The program that decompresses it.
    [[nodiscard]] std::string_view program() const { return coding == store::Coding::zstd ? "zstd" : "gzip"; }
};

/// The bytes of a tarball as they are now: what is checked, and what every host is sent, whatever becomes of the file.
/// Errors: usage when there is none; what the system says of it.
[[nodiscard]] util::Result<util::MappedFile> open_bundle(const std::filesystem::path& file);

/// Reads the whole tarball once. Its parts are known by the digests that the manifest has of them. `file` is its name.
/// Errors: verify, for what is no software tarball, is damaged, holds what must not ship (tar/shipped.hpp) or lies
/// outside of software/, or does not have the sum in `FILE.sha256`, where that is.
[[nodiscard]] util::Result<Archive> read_archive(const std::filesystem::path& file, util::MappedFile contents);

} // namespace sf::deploy
