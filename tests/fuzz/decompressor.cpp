// gzip members and zstd frames.
#include "store/decompressor.hpp"

#include "deploy/piece_reader.hpp"
#include "fuzz/scratch.hpp"

#include <algorithm>
#include <string>

namespace {

constexpr std::size_t most = std::size_t{16} << 20U; ///< how much comes out is the caller's to bound

template <typename Reader> void drain(Reader& reader)
{
    std::string buffer(std::size_t{1} << 14U, '\0');
    for (std::size_t total = 0; total < most;) {
        const auto count = reader.read(buffer.data(), buffer.size());
        if (!count || *count == 0)
            return;
        sf::fuzz::require(*count <= buffer.size(), "no more is given than there is room for");
        total += *count;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size == 0)
        return 0;
    const auto coding = bytes[0] == 0x1f ? sf::store::Coding::gzip : sf::store::Coding::zstd;
    const auto text = sf::fuzz::text_of(bytes, size);
    // Small pieces, so that headers are cut in two.
    auto rest = text;
    auto decompressor = sf::store::Decompressor::make(coding, [&rest](char* buffer, std::size_t capacity) {
        const auto count = std::min({capacity, rest.size(), std::size_t{7}});
        std::copy_n(rest.data(), count, buffer);
        rest.remove_prefix(count);
        return sf::util::Result<std::size_t>(count);
    });
    if (decompressor)
        drain(**decompressor);
    if (auto pieces = sf::deploy::PieceReader::make(coding, text)) {
        drain(*pieces);
        for (const auto& stretch : pieces->finish())
            sf::fuzz::require(stretch.compressed <= size, "a stretch begins in the tarball");
    }
    return 0;
}
