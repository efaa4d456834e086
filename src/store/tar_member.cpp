#include "store/tar_member.hpp"

#include "store/tar_header.hpp"
#include "util/fs.hpp"

#include <zlib.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <limits>

namespace sf::store {

namespace {

/// gzip as `gzip -n` would: no time and no name in the header.
class Gzip {
public:
    explicit Gzip(Effort effort)
    {
        constexpr int window_bits_of_gzip = 15 + 16;
        constexpr int default_memory_level = 8;
        ready_ = deflateInit2(&stream_, effort == Effort::strong ? Z_BEST_COMPRESSION : Z_BEST_SPEED, Z_DEFLATED,
                              window_bits_of_gzip, default_memory_level, Z_DEFAULT_STRATEGY) == Z_OK;
    }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;
    ~Gzip()
    {
        if (ready_)
            deflateEnd(&stream_);
    }

    [[nodiscard]] bool ready() const { return ready_; }

    /// Compresses `bytes`; `last` ends the member.
    util::Status write(std::string_view bytes, bool last, const ByteSink& sink)
    {
        constexpr std::size_t most = std::numeric_limits<uInt>::max();
        do {
            const auto part = bytes.substr(0, most);
            bytes.remove_prefix(part.size());
            // zlib's interface predates const.
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
            stream_.avail_in = static_cast<uInt>(part.size());
            SF_CHECK(drain(last && bytes.empty() ? Z_FINISH : Z_NO_FLUSH, sink));
        } while (!bytes.empty());
        return {};
    }

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
    std::array<char, std::size_t{1} << 17U> buffer_{};
    bool ready_ = false;
};

} // namespace

struct TarMember::State {
    State(ByteSink to, ArchiveEnd wanted, Effort effort) : sink(std::move(to)), end(wanted), gzip(effort) {}

    util::Status write(std::string_view bytes)
    {
        hash.update(bytes);
        return gzip.write(bytes, false, sink);
    }

    ByteSink sink;
    ArchiveEnd end;
    util::Sha256 hash;
    Gzip gzip;
};

TarMember::TarMember(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarMember::TarMember(TarMember&&) noexcept = default;
TarMember& TarMember::operator=(TarMember&&) noexcept = default;
TarMember::~TarMember() = default;

util::Result<TarMember> TarMember::create(ByteSink sink, ArchiveEnd end, Effort effort)
{
    auto state = std::make_unique<State>(std::move(sink), end, effort);
    if (!state->gzip.ready())
        return util::fail(util::ErrorCode::failure, "out of memory for an archive");
    return TarMember(std::move(state));
}

util::Status TarMember::add_directory(const std::string& path)
{
    return state_->write(tar_header({path + "/", TarType::directory, false, 0, {}}));
}

util::Status TarMember::add_symlink(const std::string& path, const std::string& target)
{
    return state_->write(tar_header({path, TarType::symlink, false, 0, target}));
}

util::Status TarMember::add_bytes(const std::string& path, std::string_view bytes)
{
    SF_CHECK(state_->write(tar_header({path, TarType::file, false, bytes.size(), {}})));
    SF_CHECK(state_->write(bytes));
    return state_->write(tar_padding(bytes.size()));
}

util::Status TarMember::add_file(const std::string& path, bool executable, const std::filesystem::path& file)
{
    SF_TRY(const auto fd, util::open_file(file, O_RDONLY | O_NOFOLLOW));
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0)
        return util::fail_errno(errno, fmt::format("cannot look at {}", file.string()));
    const auto size = static_cast<std::uint64_t>(status.st_size);
    SF_CHECK(state_->write(tar_header({path, TarType::file, executable, size, {}})));
    std::string buffer(std::size_t{1} << 18U, '\0');
    auto left = size;
    while (true) {
        const auto count = ::read(fd.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return util::fail_errno(errno, fmt::format("cannot read {}", file.string()));
        if (static_cast<std::uint64_t>(count) > left || (count == 0 && left > 0))
            return util::fail(util::ErrorCode::failure, fmt::format("{} changed while it was read", file.string()));
        if (count == 0)
            return state_->write(tar_padding(size));
        SF_CHECK(state_->write(std::string_view(buffer).substr(0, static_cast<std::size_t>(count))));
        left -= static_cast<std::uint64_t>(count);
    }
}

util::Result<util::Digest> TarMember::finish()
{
    if (state_->end == ArchiveEnd::written)
        SF_CHECK(state_->write(tar_end()));
    else
        state_->hash.update(tar_end());
    SF_CHECK(state_->gzip.write({}, true, state_->sink));
    return state_->hash.finish();
}

} // namespace sf::store
