#include "deploy/piece_reader.hpp"

#include "store/layer_store.hpp"

#include <algorithm>
#include <cstring>

namespace sf::deploy {

namespace {

constexpr std::size_t block_size = 512;

/// POSIX's ustar header: the name from 0 on, the type flag at 156, the magic at 257.
bool is_top_directory(std::string_view block)
{
    constexpr std::size_t type_at = 156;
    constexpr std::size_t magic_at = 257;
    constexpr std::string_view magic = "ustar";
    return block.size() == block_size && block.starts_with(std::string(store::layer_top) + '/' + '\0') &&
           block[type_at] == '5' && block.substr(magic_at, magic.size()) == magic;
}

bool is_zero(std::string_view block)
{
    return std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; });
}

} // namespace

util::Result<PieceReader> PieceReader::make(store::Coding coding, std::string_view compressed)
{
    auto source = [left = compressed](char* buffer, std::size_t capacity) mutable -> util::Result<std::size_t> {
        const auto count = std::min(capacity, left.size());
        std::memcpy(buffer, left.data(), count);
        left.remove_prefix(count);
        return count;
    };
    SF_TRY(auto decompressor, store::Decompressor::make(coding, std::move(source)));
    return PieceReader(std::move(decompressor));
}

void PieceReader::begin(std::string_view head)
{
    undecided_ = false;
    if (is_top_directory(head)) {
        end_stretch();
        stretches_.push_back({piece_.compressed, piece_.plain, std::nullopt});
        hash_ = std::make_unique<util::Sha256>();
    } else if (is_zero(head)) {
        end_stretch();
        end_piece_ = piece_.compressed;
    }
}

void PieceReader::end_stretch()
{
    if (!hash_)
        return;
    // A layer's digest is that of a complete tar.
    hash_->update(std::string(2 * block_size, '\0'));
    stretches_.back().digest = hash_->finish();
    hash_.reset();
}

util::Result<std::size_t> PieceReader::read(char* buffer, std::size_t capacity)
{
    SF_TRY(const auto count, decompressor_->read(buffer, capacity));
    std::string_view bytes(buffer, count);
    if (const auto piece = decompressor_->last_piece(); count > 0 && piece.plain == read_) {
        piece_ = piece;
        head_.clear();
        undecided_ = true;
    }
    read_ += count;
    if (undecided_) {
        const auto part = bytes.substr(0, block_size - head_.size());
        head_ += part;
        bytes.remove_prefix(part.size());
        if (head_.size() < block_size)
            return count;
        begin(head_);
        if (hash_)
            hash_->update(head_);
    }
    if (hash_)
        hash_->update(bytes);
    return count;
}

std::vector<Stretch> PieceReader::finish()
{
    end_stretch();
    return std::move(stretches_);
}

} // namespace sf::deploy
