#include "store/compressor.hpp"

#include <libdeflate.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <limits>
#include <string>

namespace sf::store {

namespace {

/// What one call of a streaming library may give.
constexpr std::size_t output_size = std::size_t{1} << 17U;

/// gzip as `gzip -1n` would: no time and no name in the header.
class QuickGzip : public Compressor {
public:
    QuickGzip()
    {
        constexpr int window_bits_of_gzip = 15 + 16;
        constexpr int default_memory_level = 8;
        ready_ = deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, window_bits_of_gzip, default_memory_level,
                              Z_DEFAULT_STRATEGY) == Z_OK;
    }
    QuickGzip(const QuickGzip&) = delete;
    QuickGzip& operator=(const QuickGzip&) = delete;
    ~QuickGzip() override
    {
        if (ready_)
            deflateEnd(&stream_);
    }

    [[nodiscard]] bool ready() const { return ready_; }

    util::Status write(std::string_view bytes, const ByteSink& sink) override
    {
        constexpr std::size_t most = std::numeric_limits<uInt>::max();
        while (!bytes.empty()) {
            const auto part = bytes.substr(0, most);
            bytes.remove_prefix(part.size());
            // zlib's interface predates const.
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
            stream_.avail_in = static_cast<uInt>(part.size());
            SF_CHECK(drain(Z_NO_FLUSH, sink));
        }
        return {};
    }

    util::Status finish(const ByteSink& sink) override { return drain(Z_FINISH, sink); }

private:
    util::Status drain(int flush, const ByteSink& sink)
    {
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
            stream_.avail_out = static_cast<uInt>(buffer_.size());
            if (deflate(&stream_, flush) == Z_STREAM_ERROR)
                return util::fail(util::ErrorCode::failure, "zlib refused to compress");
            if (const auto count = buffer_.size() - stream_.avail_out; count > 0)
                SF_CHECK(sink(std::string_view(buffer_.data(), count)));
        } while (stream_.avail_out == 0);
        return {};
    }

    z_stream stream_{};
    std::array<char, output_size> buffer_{};
    bool ready_ = false;
};

/// Collects the input of one piece after the other.
class WholeInput : public Compressor {
public:
    explicit WholeInput(std::size_t most) : most_(most) {}

    util::Status write(std::string_view bytes, const ByteSink& sink) final
    {
        while (!bytes.empty()) {
            if (input_.size() == most_)
                SF_CHECK(end_piece(sink));
            const auto part = bytes.substr(0, most_ - input_.size());
            input_ += part;
            bytes.remove_prefix(part.size());
        }
        return {};
    }

    util::Status finish(const ByteSink& sink) final { return end_piece(sink); }

private:
    [[nodiscard]] virtual util::Status compress(std::string_view piece, const ByteSink& sink) = 0;

    util::Status end_piece(const ByteSink& sink)
    {
        SF_CHECK(compress(input_, sink));
        input_.clear();
        return {};
    }

    std::size_t most_;
    std::string input_;
};

/// Optimal parsing: 4 % smaller than `gzip -9`, in the same time.
class StrongGzip : public WholeInput {
public:
    StrongGzip() : WholeInput(std::size_t{64} << 20U) {}

    [[nodiscard]] bool ready() const { return compressor_ != nullptr; }

private:
    /// libdeflate writes a header without time and name, with "unknown" as the operating system.
    util::Status compress(std::string_view piece, const ByteSink& sink) override
    {
        std::string member(libdeflate_gzip_compress_bound(compressor_.get(), piece.size()), '\0');
        const auto size =
            libdeflate_gzip_compress(compressor_.get(), piece.data(), piece.size(), member.data(), member.size());
        if (size == 0)
            return util::fail(util::ErrorCode::failure, "libdeflate refused to compress");
        return sink(std::string_view(member).substr(0, size));
    }

    struct Free {
        void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
    };
    static constexpr int strongest = 12;
    std::unique_ptr<libdeflate_compressor, Free> compressor_{libdeflate_alloc_compressor(strongest)};
};

/// One thread, since several of them divide the input by their number. Decoders take windows up to 128 MiB without
/// being told to; told the size of the piece, the library makes the window just so large.
class Zstd : public WholeInput {
public:
    Zstd() : WholeInput(std::size_t{128} << 20U)
    {
        constexpr int strongest = 22;
        ready_ = context_ != nullptr && set(ZSTD_c_compressionLevel, strongest) && set(ZSTD_c_checksumFlag, 1);
    }

    [[nodiscard]] bool ready() const { return ready_; }

private:
    [[nodiscard]] bool set(ZSTD_cParameter parameter, int value)
    {
        return ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), parameter, value)) == 0;
    }

    /// In steps and not at once, so that a sink which gives up ends it soon.
    util::Status compress(std::string_view piece, const ByteSink& sink) override
    {
        ZSTD_CCtx_setPledgedSrcSize(context_.get(), piece.size());
        std::string buffer(output_size, '\0');
        ZSTD_inBuffer input{piece.data(), piece.size(), 0};
        while (true) {
            ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
            const auto left = ZSTD_compressStream2(context_.get(), &output, &input, ZSTD_e_end);
            if (ZSTD_isError(left) != 0)
                return util::fail(util::ErrorCode::failure, fmt::format("zstd: {}", ZSTD_getErrorName(left)));
            SF_CHECK(sink(std::string_view(buffer).substr(0, output.pos)));
            if (left == 0)
                return {};
        }
    }

    struct Free {
        void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    };
    std::unique_ptr<ZSTD_CCtx, Free> context_{ZSTD_createCCtx()};
    bool ready_ = false;
};

class Plain : public Compressor {
public:
    [[nodiscard]] static bool ready() { return true; }
    util::Status write(std::string_view bytes, const ByteSink& sink) override { return sink(bytes); }
    util::Status finish(const ByteSink& /*sink*/) override { return {}; }
};

template <typename Coder> util::Result<std::unique_ptr<Compressor>> make_ready()
{
    auto coder = std::make_unique<Coder>();
    if (!coder->ready())
        return util::fail(util::ErrorCode::failure, "out of memory for an archive");
    return coder;
}

} // namespace

util::Result<std::unique_ptr<Compressor>> Compressor::make(Coding coding)
{
    switch (coding) {
    case Coding::gzip:
        return make_ready<StrongGzip>();
    case Coding::gzip_quick:
        return make_ready<QuickGzip>();
    case Coding::plain:
        return make_ready<Plain>();
    case Coding::zstd:
        break;
    }
    return make_ready<Zstd>();
}

} // namespace sf::store
