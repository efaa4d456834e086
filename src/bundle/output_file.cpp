#include "bundle/output_file.hpp"

#include "util/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace sf::bundle {

OutputFile::~OutputFile()
{
    if (!temporary_.empty())
        ::unlink(temporary_.c_str());
}

util::Status OutputFile::open()
{
    auto name = target_.string() + ".XXXXXX";
    fd_.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd_)
        return util::fail_errno(errno, fmt::format("cannot make a file beside {}", target_.string()));
    temporary_ = std::move(name);
    return {};
}

util::Status OutputFile::append(std::string_view bytes)
{
    hash_.update(bytes);
    bytes_ += bytes.size();
    if (auto written = util::write_all(fd_.get(), bytes); !written)
        return util::fail(std::move(written).error(), fmt::format("writing {}", target_.string()));
    return {};
}

util::Status OutputFile::append_file(const std::filesystem::path& file)
{
    SF_TRY(const auto source, util::open_file(file, O_RDONLY));
    std::string buffer(std::size_t{1} << 20U, '\0');
    while (true) {
        const auto count = ::read(source.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return util::fail_errno(errno, fmt::format("cannot read {}", file.string()));
        if (count == 0)
            return {};
        SF_CHECK(append(std::string_view(buffer).substr(0, static_cast<std::size_t>(count))));
    }
}

util::Result<Artifact> OutputFile::commit(Kind kind)
{
    if (::fchmod(fd_.get(), 0644) != 0 || ::fsync(fd_.get()) != 0)
        return util::fail_errno(errno, fmt::format("cannot finish {}", target_.string()));
    fd_.reset();
    SF_CHECK(util::rename_path(temporary_, target_));
    temporary_.clear();
    const auto digest = hash_.finish();
    auto sums = target_;
    sums += ".sha256";
    SF_CHECK(util::write_file_atomic(sums, fmt::format("{}  {}\n", digest.to_hex(), target_.filename().string())));
    return Artifact{kind, target_, digest, bytes_};
}

} // namespace sf::bundle
