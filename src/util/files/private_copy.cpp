#include "util/files/private_copy.hpp"

#include "util/fd.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

namespace sf::util {

namespace {

namespace stdfs = std::filesystem;

/// A file that has no name any more.
Result<UniqueFd> nameless_file(const stdfs::path& directory)
{
    auto name = (directory / "slurm-factory.XXXXXX").string();
    UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("cannot make a file in {}", directory.string()));
    ::unlink(name.c_str());
    return fd;
}

Status copy_bytes(int from, int to, std::uint64_t size, const std::string& name)
{
    std::string buffer(std::size_t{1} << 20U, '\0');
    while (size > 0) {
        const auto count = ::read(from, buffer.data(), std::min<std::uint64_t>(buffer.size(), size));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_errno(errno, fmt::format("cannot read {}", name));
        if (count == 0)
            return fail(ErrorCode::failure, fmt::format("{} has got shorter", name), "run it again");
        if (auto written = write_all(to, std::string_view(buffer).substr(0, static_cast<std::size_t>(count))); !written)
            return fail(std::move(written).error(), fmt::format("copying {}", name));
        size -= static_cast<std::uint64_t>(count);
    }
    return {};
}

} // namespace

Result<MappedFile> copy_privately(const stdfs::path& file)
{
    SF_TRY(const auto from, open_file(file, O_RDONLY | O_NONBLOCK | O_NOCTTY)); // O_NONBLOCK: a FIFO without a writer
    struct stat st = {};
    if (::fstat(from.get(), &st) != 0)
        return fail_errno(errno, fmt::format("cannot look at {}", file.string()));
    if (!S_ISREG(st.st_mode))
        return fail(ErrorCode::failure, fmt::format("{} is not a regular file", file.string()));
    SF_TRY(const auto directory, temporary_directory());
    SF_TRY(const auto to, nameless_file(directory));
    if (::ioctl(to.get(), FICLONE, from.get()) != 0) { // NOLINT(*-vararg): the system's interface
        const auto size = static_cast<std::uint64_t>(st.st_size);
        SF_CHECK(require_space(directory, size, fmt::format("a copy of {}", file.string())));
        SF_CHECK(copy_bytes(from.get(), to.get(), size, file.string()));
    }
    return MappedFile::of(to, file.string());
}

} // namespace sf::util
