#include "util/files/network_fs.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace sf::util {
namespace {

struct Kind {
    std::uint32_t magic;
    const char* name;
};

/// Those without a name here are not in the kernel's own sources, or not in the headers of each distribution.
constexpr std::array<Kind, 9> kinds = {{{NFS_SUPER_MAGIC, "NFS"},
                                        {SMB_SUPER_MAGIC, "SMB"},
                                        {0xfe534d42, "SMB"},
                                        {0xff534d42, "CIFS"},
                                        {0x00c36400, "Ceph"},
                                        {AFS_SUPER_MAGIC, "AFS"},
                                        {0x0bd00bd3, "Lustre"},
                                        {0x47504653, "GPFS"},
                                        {0x19830326, "BeeGFS"}}};

} // namespace

std::optional<std::string> network_file_system(const std::filesystem::path& path)
{
    auto existing = absolute_path(path);
    while (!path_exists(existing) && existing.has_relative_path())
        existing = existing.parent_path();
    struct statfs st = {};
    if (::statfs(existing.c_str(), &st) != 0)
        return std::nullopt;
    const auto magic = static_cast<std::uint32_t>(st.f_type);
    const auto* const kind =
        std::find_if(kinds.begin(), kinds.end(), [magic](const Kind& one) { return one.magic == magic; });
    if (kind == kinds.end())
        return std::nullopt;
    return kind->name;
}

void see_changes_of_others(const std::filesystem::path& directory)
{
    static_cast<void>(open_file(directory, O_RDONLY | O_DIRECTORY));
}

bool path_exists_by_now(const std::filesystem::path& path)
{
    if (path_exists(path))
        return true;
    const auto absolute = absolute_path(path);
    auto known = absolute.parent_path();
    while (!path_exists(known) && known.has_relative_path())
        known = known.parent_path();
    for (const auto& name : absolute.lexically_relative(known)) {
        see_changes_of_others(known);
        known /= name;
        if (!path_exists(known))
            return false;
    }
    return true;
}

} // namespace sf::util
