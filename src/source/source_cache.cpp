#include "source/source_cache.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sf::source {

namespace fs = std::filesystem;

SourceCache::SourceCache(fs::path directory) : directory_(std::move(directory)), claims_(directory_.string() + ".lock")
{
}

std::optional<fs::path> SourceCache::find(const util::Digest& sha256) const
{
    // The same bytes may have come in under two names; the choice must not depend on the directory's order.
    std::error_code ignored;
    for (auto& path : util::readable_paths_in(directory_ / sha256.to_hex()))
        if (fs::is_regular_file(path, ignored))
            return std::move(path);
    return std::nullopt;
}

util::Result<std::optional<fs::path>> SourceCache::find_verified(const util::Digest& sha256) const
{
    while (auto path = find(sha256)) {
        SF_TRY(const bool stays, claims_.claim({path->parent_path()}));
        if (!stays)
            continue;
        SF_TRY(const auto actual, util::sha256_file(*path));
        if (actual == sha256)
            return path;
        SF_CHECK(util::remove_tree(*path));
    }
    return std::nullopt;
}

util::Result<fs::path> SourceCache::adopt(const fs::path& file, const util::Digest& sha256,
                                          const std::string& file_name) const
{
    const bool plain = !file_name.empty() && file_name.front() != '.' && file_name.find('/') == std::string::npos;
    const auto entry = directory_ / sha256.to_hex();
    auto target = entry / (plain ? file_name : "archive");
    {
        SF_TRY(const auto opened, util::open_file(file, O_RDONLY));
        // An entry's name promises its contents, so these must reach the disk before the name does.
        if (::fchmod(opened.get(), 0644) != 0 || ::fsync(opened.get()) != 0)
            return util::fail_errno(errno, "cannot write " + file.string());
    }
    // A directory that is there already may be about to go.
    while (true) {
        SF_CHECK(util::make_directories(entry));
        SF_TRY(const bool stays, claims_.claim({entry}));
        if (!stays)
            continue;
        SF_CHECK(util::rename_path(file, target));
        return target;
    }
}

util::Result<bool> SourceCache::remove(const util::Digest& sha256, std::int64_t since) const
{
    return claims_.remove(directory_ / sha256.to_hex(), since);
}

fs::path SourceCache::partial_path(const util::Digest& sha256) const
{
    return directory_ / "partial" / sha256.to_hex();
}

} // namespace sf::source
