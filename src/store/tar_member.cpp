#include "store/tar_member.hpp"

#include "store/compressor.hpp"
#include "store/tar_header.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace sf::store {

struct TarMember::State {
    State(ByteSink to, ArchiveEnd wanted, std::unique_ptr<Compressor> by) :
        sink(std::move(to)), end(wanted), compressor(std::move(by))
    {
    }

    util::Status write(std::string_view bytes)
    {
        hash.update(bytes);
        return compressor->write(bytes, sink);
    }

    ByteSink sink;
    ArchiveEnd end;
    util::Sha256 hash;
    std::unique_ptr<Compressor> compressor;
};

TarMember::TarMember(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarMember::TarMember(TarMember&&) noexcept = default;
TarMember& TarMember::operator=(TarMember&&) noexcept = default;
TarMember::~TarMember() = default;

util::Result<TarMember> TarMember::create(ByteSink sink, ArchiveEnd end, Coding coding)
{
    SF_TRY(auto compressor, Compressor::make(coding));
    return TarMember(std::make_unique<State>(std::move(sink), end, std::move(compressor)));
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
    SF_CHECK(state_->compressor->finish(state_->sink));
    return state_->hash.finish();
}

util::Result<std::string> archive_end(Coding coding)
{
    std::string piece;
    const auto sink = [&](std::string_view bytes) -> util::Status {
        piece += bytes;
        return {};
    };
    SF_TRY(const auto compressor, Compressor::make(coding));
    SF_CHECK(compressor->write(tar_end(), sink));
    SF_CHECK(compressor->finish(sink));
    return piece;
}

} // namespace sf::store
