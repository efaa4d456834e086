#include "source/source_cache.hpp"

#include "util/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sf::source {

namespace fs = std::filesystem;

std::optional<fs::path> SourceCache::find(const util::Digest& sha256) const
{
    std::optional<fs::path> found;
    std::error_code error;
    fs::directory_iterator entries(directory_ / sha256.to_hex(), error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        std::error_code ignored;
        // The same bytes may have come in under two names; the choice must not depend on the directory's order.
        if (entries->is_regular_file(ignored) && (!found || entries->path() < *found))
            found = entries->path();
    }
    return found;
}

util::Result<std::optional<fs::path>> SourceCache::find_verified(const util::Digest& sha256) const
{
    while (auto path = find(sha256)) {
        SF_TRY(const auto actual, util::sha256_file(*path));
        if (actual == sha256) {
            // When it was last used, for whoever bounds the cache.
            std::error_code ignored;
            fs::last_write_time(path->parent_path(), fs::file_time_type::clock::now(), ignored);
            return path;
        }
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
    SF_CHECK(util::make_directories(entry));
    SF_CHECK(util::rename_path(file, target));
    return target;
}

fs::path SourceCache::partial_path(const util::Digest& sha256) const
{
    return directory_ / "partial" / sha256.to_hex();
}

} // namespace sf::source
