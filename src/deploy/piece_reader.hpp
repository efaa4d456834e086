// The tar stream of a software tarball, cut where one package ends and the next begins. Private to `deploy`.
#pragma once

#include "store/decompressor.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::deploy {

/// A stretch of the stream that begins with an entry for the top directory at the beginning of a member or frame.
struct Stretch {
    std::uint64_t compressed = 0;       ///< offset in the tarball
    std::uint64_t plain = 0;            ///< offset in the stream
    std::optional<util::Digest> digest; ///< of it as a complete tar; set when it has ended
};

/// Decompresses and notes the stretches on the way.
class PieceReader {
public:
    [[nodiscard]] static util::Result<PieceReader> make(store::Coding coding, std::string_view compressed);

    /// As Decompressor::read().
    [[nodiscard]] util::Result<std::size_t> read(char* buffer, std::size_t capacity);
    /// To be called when read() gave 0. The first begins the stream, or the tarball is none of ours; the piece with the
    /// end of the archive belongs to none.
    [[nodiscard]] std::vector<Stretch> finish();
    /// Where the piece with the end of the archive begins; 0 when the archive does not end so.
    [[nodiscard]] std::uint64_t end_piece() const { return end_piece_; }

private:
    explicit PieceReader(std::unique_ptr<store::Decompressor> decompressor) : decompressor_(std::move(decompressor)) {}
    /// Says what kind of piece begins with these bytes, which are a block or all there is.
    void begin(std::string_view head);
    void end_stretch();

    std::unique_ptr<store::Decompressor> decompressor_;
    std::vector<Stretch> stretches_;
    std::unique_ptr<util::Sha256> hash_; ///< of the last stretch
    store::Decompressor::Piece piece_;
    std::string head_; ///< of a piece whose kind is not known yet
    bool undecided_ = false;
    std::uint64_t read_ = 0;
    std::uint64_t end_piece_ = 0;
};

} // namespace sf::deploy
