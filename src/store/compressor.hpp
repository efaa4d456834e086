// Compression of a tar in pieces that can be put one after the other. Private to `store`.
#pragma once

#include "store/tar_member.hpp"
#include "util/error.hpp"

#include <memory>
#include <string_view>

namespace sf::store {

/// Takes bytes and gives a gzip member or zstd frame of them. The strong codings need their input whole: they keep it
/// in memory, up to 64 MiB (gzip) or 128 MiB (zstd), and end a piece there; what follows becomes a piece of its own,
/// which costs next to nothing since neither looks back much further. At the peak, gzip holds that twice and zstd
/// about 20 times the tar but not more than 1 GiB. The same bytes give the same pieces, however they are handed in.
class Compressor {
public:
    /// Error: out of memory.
    [[nodiscard]] static util::Result<std::unique_ptr<Compressor>> make(Coding coding);
    Compressor() = default;
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;
    virtual ~Compressor() = default;

    [[nodiscard]] virtual util::Status write(std::string_view bytes, const ByteSink& sink) = 0;
    /// Ends the last piece. May be called once.
    [[nodiscard]] virtual util::Status finish(const ByteSink& sink) = 0;
};

} // namespace sf::store
