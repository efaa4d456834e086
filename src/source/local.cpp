#include "source/local.hpp"

#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace sf::source {

namespace {

constexpr std::size_t block_size = 256 * std::size_t{1024};

util::Result<util::Digest> copy_bytes(int from, int to, const std::string& from_name, const util::StopToken& stop)
{
    util::Sha256 hash;
    std::string block(block_size, '\0');
    for (;;) {
        SF_CHECK(stop.check());
        const auto count = ::read(from, block.data(), block.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return util::fail_errno(errno, "cannot read " + from_name);
        if (count == 0)
            return hash.finish();
        const std::string_view bytes(block.data(), static_cast<std::size_t>(count));
        hash.update(bytes);
        SF_CHECK(util::write_all(to, bytes));
    }
}

} // namespace

util::Result<util::Digest> copy_hashed(const std::filesystem::path& from, const std::filesystem::path& to,
                                       const util::StopToken& stop)
{
    // O_NONBLOCK: opening a FIFO that was put there by mistake must not hang.
    SF_TRY(const auto source, util::open_file(from, O_RDONLY | O_NONBLOCK));
    struct stat status = {};
    if (::fstat(source.get(), &status) != 0)
        return util::fail_errno(errno, "cannot read " + from.string());
    if (!S_ISREG(status.st_mode))
        return util::fail(util::ErrorCode::source, from.string() + " is not a regular file");
    SF_CHECK(util::require_space(to.parent_path(), static_cast<std::uint64_t>(status.st_size),
                                 "the copy of " + from.string()));
    SF_TRY(const auto target, util::open_file(to, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    auto digest = copy_bytes(source.get(), target.get(), from.string(), stop);
    if (!digest)
        ::unlink(to.c_str());
    return digest;
}

} // namespace sf::source
