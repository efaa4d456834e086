#include "cache/oci/blob.hpp"

#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sf::cache {

namespace {

constexpr std::size_t copy_step = std::size_t{1} << 20U;

} // namespace

util::Result<std::string> read_part(int fd, std::uint64_t offset, std::size_t count, const std::filesystem::path& file)
{
    std::string bytes(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
        const auto got = ::pread(fd, bytes.data() + filled, count - filled, static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return util::fail_errno(errno, fmt::format("cannot read {}", file.string()));
        if (got == 0)
            break;
        filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
}

BlobSource::BlobSource(std::string media_type, std::string bytes) :
    descriptor_{std::move(media_type), util::sha256(bytes), bytes.size()}, tail_(std::move(bytes))
{
}

util::Result<std::string> BlobSource::read(std::uint64_t offset, std::size_t count) const
{
    std::string bytes;
    if (offset < file_bytes_) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, file_bytes_ - offset));
        SF_TRY(const auto fd, util::open_file(file_, O_RDONLY));
        SF_TRY(bytes, read_part(fd.get(), offset, wanted, file_));
        if (bytes.size() < wanted)
            return util::fail(util::ErrorCode::failure, fmt::format("{} has got shorter", file_.string()));
    }
    const auto tail_at = offset + bytes.size();
    if (bytes.size() < count && tail_at < file_bytes_ + tail_.size())
        bytes += tail_.substr(static_cast<std::size_t>(tail_at - file_bytes_), count - bytes.size());
    return bytes;
}

util::Result<BlobWriter> BlobWriter::open(const Descriptor& descriptor, const std::filesystem::path& file,
                                          const util::StopToken& stop)
{
    SF_CHECK(util::make_directories(file.parent_path()));
    SF_TRY(auto fd, util::open_file(file, O_RDWR | O_CREAT | O_NOFOLLOW, 0644));
    BlobWriter writer(descriptor, file, std::move(fd));
    const auto size = ::lseek(writer.fd_.get(), 0, SEEK_END);
    if (size < 0)
        return util::fail_errno(errno, fmt::format("cannot read {}", file.string()));
    if (static_cast<std::uint64_t>(size) > descriptor.size) {
        SF_CHECK(writer.restart());
        return writer;
    }
    while (writer.offset_ < static_cast<std::uint64_t>(size)) {
        SF_CHECK(stop.check());
        SF_TRY(const auto bytes, read_part(writer.fd_.get(), writer.offset_, copy_step, file));
        if (bytes.empty())
            break;
        writer.hash_.update(bytes);
        writer.offset_ += bytes.size();
    }
    return writer;
}

util::Status BlobWriter::restart()
{
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
        return util::fail_errno(errno, fmt::format("cannot empty {}", file_.string()));
    hash_ = util::Sha256();
    offset_ = 0;
    return {};
}

util::Status BlobWriter::write(std::string_view bytes)
{
    if (bytes.size() > left())
        return util::fail(util::ErrorCode::verify,
                          fmt::format("blob {} is longer than the {} it should have", descriptor_.digest.to_short(),
                                      util::human_bytes(descriptor_.size)));
    SF_CHECK(util::write_all(fd_.get(), bytes));
    hash_.update(bytes);
    offset_ += bytes.size();
    return {};
}

util::Status BlobWriter::finish()
{
    if (left() > 0)
        return util::fail(util::ErrorCode::verify,
                          fmt::format("blob {} ends after {} of {}", descriptor_.digest.to_short(),
                                      util::human_bytes(offset_), util::human_bytes(descriptor_.size)));
    if (const auto digest = hash_.finish(); digest != descriptor_.digest) {
        ::unlink(file_.c_str());
        return util::fail(util::ErrorCode::verify, fmt::format("blob {} is damaged: the sha256 of what came is {}",
                                                               descriptor_.digest.to_short(), digest.to_short()));
    }
    if (::fsync(fd_.get()) != 0)
        return util::fail_errno(errno, fmt::format("cannot sync {}", file_.string()));
    return {};
}

util::Status copy_blob(const BlobSource& source, BlobWriter& writer, const util::StopToken& stop)
{
    return copy_blob([&](std::uint64_t offset, std::size_t count) { return source.read(offset, count); }, writer, stop);
}

util::Status copy_blob(const ReadPart& read, BlobWriter& writer, const util::StopToken& stop)
{
    while (writer.left() > 0) {
        SF_CHECK(stop.check());
        SF_TRY(const auto bytes, read(writer.offset(), copy_step));
        if (bytes.empty())
            break;
        SF_CHECK(writer.write(bytes));
    }
    return writer.finish();
}

} // namespace sf::cache
