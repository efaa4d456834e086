// Reading gzip members (RFC 1952) or zstd frames (RFC 8878) that stand one after the other.
#pragma once

#include "store/tar_member.hpp"
#include "util/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace sf::store {

/// Fills the buffer with up to `capacity` compressed bytes; how many there were, 0 at the end.
using ByteSource = std::function<util::Result<std::size_t>(char* buffer, std::size_t capacity)>;

/// Gives what was compressed, piece after piece. Memory does not grow with the input: zstd frames that ask for a window
/// of more than 128 MiB are refused. How much comes out is for the caller to bound.
class Decompressor {
public:
    /// `coding` is gzip or zstd. Error: out of memory.
    [[nodiscard]] static util::Result<std::unique_ptr<Decompressor>> make(Coding coding, ByteSource source);
    Decompressor() = default;
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;
    virtual ~Decompressor() = default;

    /// How many bytes were put into the buffer; 0 at the end of the last piece. Errors: verify for what is damaged, cut
    /// off, or followed by something else; the source's own.
    [[nodiscard]] virtual util::Result<std::size_t> read(char* buffer, std::size_t capacity) = 0;

    /// Where the piece that was read last begins: offsets into what is compressed and into what it becomes.
    struct Piece {
        std::uint64_t compressed = 0;
        std::uint64_t plain = 0;
    };
    [[nodiscard]] virtual Piece last_piece() const = 0;
};

} // namespace sf::store
