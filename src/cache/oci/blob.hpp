// Blobs: read from where they lie, and written while they are checked.
#pragma once

#include "cache/oci/entry.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace sf::cache {

/// Up to `count` bytes of an open file at an offset; fewer only at its end. `file` is for messages.
[[nodiscard]] util::Result<std::string> read_part(int fd, std::uint64_t offset, std::size_t count,
                                                  const std::filesystem::path& file);

/// A blob that is a file's bytes and then some: what a remote is given. A layer's member in the store and the end of
/// its archive make a blob without a copy on disk.
class BlobSource {
public:
    BlobSource(Descriptor descriptor, std::filesystem::path file, std::uint64_t file_bytes, std::string tail) :
        descriptor_(std::move(descriptor)), file_(std::move(file)), file_bytes_(file_bytes), tail_(std::move(tail))
    {
    }
    /// One that is in memory.
    BlobSource(std::string media_type, std::string bytes);

    [[nodiscard]] const Descriptor& descriptor() const { return descriptor_; }
    /// Up to `count` bytes from `offset` on; fewer only at the end.
    [[nodiscard]] util::Result<std::string> read(std::uint64_t offset, std::size_t count) const;

private:
    Descriptor descriptor_;
    std::filesystem::path file_; ///< empty: none
    std::uint64_t file_bytes_ = 0;
    std::string tail_;
};

/// Writes a blob to a file and lets nothing through but the promised bytes. What is in the file at first is taken for
/// the beginning. Unless finish() succeeded the file is not the blob.
class BlobWriter {
public:
    /// Errors: as open(2); the file is emptied when it is longer than the blob.
    [[nodiscard]] static util::Result<BlobWriter> open(const Descriptor& descriptor, const std::filesystem::path& file,
                                                       const util::StopToken& stop);

    [[nodiscard]] std::uint64_t offset() const { return offset_; }
    [[nodiscard]] std::uint64_t left() const { return descriptor_.size - offset_; }
    /// Empties the file.
    [[nodiscard]] util::Status restart();
    /// Error verify: more than the descriptor says.
    [[nodiscard]] util::Status write(std::string_view bytes);
    /// Syncs the file. Errors: verify when it ends too early (it is kept, to be continued) or its digest is another (it
    /// is removed). May be called once.
    [[nodiscard]] util::Status finish();

private:
    BlobWriter(Descriptor descriptor, std::filesystem::path file, util::UniqueFd fd) :
        descriptor_(std::move(descriptor)), file_(std::move(file)), fd_(std::move(fd))
    {
    }

    Descriptor descriptor_;
    std::filesystem::path file_;
    util::UniqueFd fd_;
    util::Sha256 hash_;
    std::uint64_t offset_ = 0;
};

/// Up to `count` bytes of a blob from `offset` on; fewer only at the end.
using ReadPart = std::function<util::Result<std::string>(std::uint64_t offset, std::size_t count)>;

/// Copies a blob into a file, checking it.
[[nodiscard]] util::Status copy_blob(const ReadPart& read, BlobWriter& writer, const util::StopToken& stop);
[[nodiscard]] util::Status copy_blob(const BlobSource& source, BlobWriter& writer, const util::StopToken& stop);

} // namespace sf::cache
