#include "app/session/disk_usage.hpp"

#include "util/files/fs.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>

namespace sf::app {

namespace fs = std::filesystem;

std::int64_t now()
{
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::int64_t modified(const fs::path& path)
{
    struct stat st = {};
    return ::stat(path.c_str(), &st) == 0 ? st.st_mtim.tv_sec : 0;
}

std::uint64_t tree_bytes(const fs::path& path)
{
    std::uint64_t bytes = 0;
    std::error_code error;
    if (fs::is_regular_file(fs::symlink_status(path, error)))
        return fs::file_size(path, error);
    const auto entries = util::walk_tree(path);
    if (entries)
        for (const auto& entry : *entries)
            bytes += entry.size;
    return bytes;
}

} // namespace sf::app
