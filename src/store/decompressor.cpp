#include "store/decompressor.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <string>

namespace sf::store {

namespace {

constexpr std::size_t input_size = std::size_t{1} << 16U;

tl::unexpected<util::Error> damaged(std::string_view why)
{
    return util::fail(util::ErrorCode::verify, fmt::format("the compressed bytes are damaged: {}", why));
}

/// The reading of input and the counting of pieces, which both formats share.
class Pieces : public Decompressor {
public:
    explicit Pieces(ByteSource source) : source_(std::move(source)) {}

    util::Result<std::size_t> read(char* buffer, std::size_t capacity) final
    {
        while (true) {
            if (used_ == filled_)
                SF_CHECK(refill());
            if (used_ == filled_ && !inside_)
                return taken_ == 0 ? util::Result<std::size_t>(damaged("there are none")) : 0;
            if (!inside_) {
                piece_ = {taken_, given_};
                inside_ = true;
                SF_CHECK(begin_piece());
            }
            // At the end of the input the decoder may still hold bytes back, and says so by giving some.
            SF_TRY(const auto step, decode(std::string_view(input_).substr(used_, filled_ - used_), buffer, capacity));
            used_ += step.consumed;
            taken_ += step.consumed;
            given_ += step.produced;
            inside_ = !step.ended;
            if (step.produced > 0)
                return step.produced;
            if (inside_ && step.consumed == 0 && at_end_)
                return damaged("they end too early");
        }
    }

    [[nodiscard]] Piece last_piece() const final { return piece_; }

protected:
    struct Step {
        std::size_t consumed = 0;
        std::size_t produced = 0;
        bool ended = false; ///< the piece
    };
    [[nodiscard]] virtual util::Status begin_piece() = 0;
    [[nodiscard]] virtual util::Result<Step> decode(std::string_view input, char* buffer, std::size_t capacity) = 0;

private:
    util::Status refill()
    {
        if (at_end_)
            return {};
        SF_TRY(filled_, source_(input_.data(), input_.size()));
        used_ = 0;
        at_end_ = filled_ == 0;
        return {};
    }

    ByteSource source_;
    std::string input_ = std::string(input_size, '\0');
    std::size_t used_ = 0;
    std::size_t filled_ = 0;
    bool at_end_ = false;
    bool inside_ = false;
    std::uint64_t taken_ = 0;
    std::uint64_t given_ = 0;
    Piece piece_;
};

class GzipPieces : public Pieces {
public:
    explicit GzipPieces(ByteSource source) : Pieces(std::move(source))
    {
        constexpr int window_bits_of_gzip = 15 + 16;
        ready_ = inflateInit2(&stream_, window_bits_of_gzip) == Z_OK;
    }
    GzipPieces(const GzipPieces&) = delete;
    GzipPieces& operator=(const GzipPieces&) = delete;
    ~GzipPieces() override
    {
        if (ready_)
            inflateEnd(&stream_);
    }

    [[nodiscard]] bool ready() const { return ready_; }

private:
    util::Status begin_piece() override
    {
        if (inflateReset(&stream_) != Z_OK)
            return util::fail(util::ErrorCode::failure, "zlib refused to start");
        return {};
    }

    util::Result<Step> decode(std::string_view input, char* buffer, std::size_t capacity) override
    {
        const auto room = std::min<std::size_t>(capacity, std::numeric_limits<uInt>::max());
        // zlib's interface predates const.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
        stream_.avail_in = static_cast<uInt>(input.size());
        stream_.next_out = reinterpret_cast<Bytef*>(buffer);
        stream_.avail_out = static_cast<uInt>(room);
        const int code = inflate(&stream_, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return damaged(stream_.msg != nullptr ? stream_.msg : "not gzip");
        return Step{input.size() - stream_.avail_in, room - stream_.avail_out, code == Z_STREAM_END};
    }

    z_stream stream_{};
    bool ready_ = false;
};

class ZstdPieces : public Pieces {
public:
    explicit ZstdPieces(ByteSource source) : Pieces(std::move(source)) {}

    [[nodiscard]] bool ready() const { return context_ != nullptr; }

private:
    util::Status begin_piece() override
    {
        if (ZSTD_isError(ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only)) != 0)
            return util::fail(util::ErrorCode::failure, "zstd refused to start");
        return {};
    }

    util::Result<Step> decode(std::string_view input, char* buffer, std::size_t capacity) override
    {
        ZSTD_inBuffer in{input.data(), input.size(), 0};
        ZSTD_outBuffer out{buffer, capacity, 0};
        const auto left = ZSTD_decompressStream(context_.get(), &out, &in);
        if (ZSTD_isError(left) != 0)
            return damaged(ZSTD_getErrorName(left));
        return Step{in.pos, out.pos, left == 0};
    }

    struct Free {
        void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    };
    std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
};

template <typename Reader> util::Result<std::unique_ptr<Decompressor>> make_ready(ByteSource source)
{
    auto reader = std::make_unique<Reader>(std::move(source));
    if (!reader->ready())
        return util::fail(util::ErrorCode::failure, "out of memory for an archive");
    return reader;
}

} // namespace

util::Result<std::unique_ptr<Decompressor>> Decompressor::make(Coding coding, ByteSource source)
{
    if (coding == Coding::zstd)
        return make_ready<ZstdPieces>(std::move(source));
    return make_ready<GzipPieces>(std::move(source));
}

} // namespace sf::store
