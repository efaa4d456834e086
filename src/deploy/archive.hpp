// A software tarball as `bundle` writes it, looked at from outside: which version it is, and which of its bytes are
// which package.
#pragma once

#include "store/tar_member.hpp"
#include "util/error.hpp"
#include "util/mapped_file.hpp"
#include "util/sha256.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::deploy {

/// One entry of the tree. `path` is relative to its top ("." for the top itself).
struct Entry {
    std::string path;
    std::optional<util::Digest> sha256; ///< of a regular file's contents
};

/// The part of the tarball that holds one package's run slice: whole gzip members or zstd frames.
struct Part {
    std::string package;
    util::Digest layer;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::vector<Entry> entries;
};

struct Archive {
    util::MappedFile file;
    store::Coding coding = store::Coding::gzip;
    util::Digest sha256;
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

/// Reads the whole tarball once. Its parts are known by the digests that the manifest has of them. Errors: verify, for
/// what is no software tarball, is damaged, holds anything but files, directories and symbolic links below software/,
/// or does not have the sum in `FILE.sha256`, where that is; what the system says of the file.
[[nodiscard]] util::Result<Archive> read_archive(const std::filesystem::path& file);

} // namespace sf::deploy
