#include "bundle/output_file.hpp"

#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace sf::bundle {

namespace {

std::filesystem::path beside(const std::filesystem::path& file, std::string_view suffix)
{
    auto path = file;
    path += suffix;
    return path;
}

/// A file with a name of its own beside the target, which goes with the object unless it was renamed.
class Draft {
public:
    explicit Draft(const std::filesystem::path& target) : name_(target.string() + ".XXXXXX")
    {
        fd_.reset(::mkostemp(name_.data(), O_CLOEXEC));
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft()
    {
        if (fd_)
            ::unlink(name_.c_str());
    }

    [[nodiscard]] util::Status write(std::string_view text) const
    {
        if (!fd_)
            return util::fail_errno(errno, fmt::format("cannot make {}", name_));
        if (auto written = util::write_all(fd_.get(), text); !written)
            return util::fail(std::move(written).error(), fmt::format("writing {}", name_));
        if (::fchmod(fd_.get(), 0644) != 0 || ::fsync(fd_.get()) != 0)
            return util::fail_errno(errno, fmt::format("cannot finish {}", name_));
        return {};
    }
    [[nodiscard]] util::Status rename(const std::filesystem::path& target)
    {
        SF_CHECK(util::rename_path(name_, target));
        fd_.reset();
        return {};
    }

private:
    std::string name_;
    util::UniqueFd fd_;
};

util::Status sync_directory(const std::filesystem::path& directory)
{
    SF_TRY(const auto fd, util::open_file(directory, O_RDONLY | O_DIRECTORY));
    if (::fsync(fd.get()) != 0 && errno != EINVAL) // some file systems have nothing to sync there
        return util::fail_errno(errno, fmt::format("cannot sync {}", directory.string()));
    return {};
}

} // namespace

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

util::Status OutputFile::remove_what_speaks_of_it(const std::filesystem::path& sums) const
{
    bool removed = ::unlink(sums.c_str()) == 0;
    for (const auto& suffix : signature_suffixes_)
        removed = ::unlink(beside(target_, suffix).c_str()) == 0 || removed;
    return removed ? sync_directory(target_.parent_path()) : util::Status();
}

util::Result<Artifact> OutputFile::commit(Kind kind)
{
    if (::fchmod(fd_.get(), 0644) != 0 || ::fsync(fd_.get()) != 0)
        return util::fail_errno(errno, fmt::format("cannot finish {}", target_.string()));
    fd_.reset();
    const auto digest = hash_.finish();
    const auto sums = beside(target_, ".sha256");
    Draft draft(sums);
    SF_CHECK(draft.write(fmt::format("{}  {}\n", digest.to_hex(), target_.filename().string())));
    SF_CHECK(remove_what_speaks_of_it(sums));
    SF_CHECK(util::rename_path(temporary_, target_));
    temporary_.clear();
    SF_CHECK(draft.rename(sums));
    SF_CHECK(sync_directory(target_.parent_path()));
    return Artifact{kind, target_, digest, bytes_};
}

} // namespace sf::bundle
