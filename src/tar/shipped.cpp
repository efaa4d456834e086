#include "tar/shipped.hpp"

#include "util/text.hpp"
#include "util/utf8.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <vector>

namespace sf::tar {

namespace {

/// Links that the kernel follows on one way.
constexpr unsigned most_hops = 40;

bool is_roots(const char* name)
{
    return name == nullptr || *name == '\0' || std::string_view(name) == "root";
}

/// What is still to be gone through, the next one last.
void put_parts(std::vector<std::string>& parts, std::string_view path)
{
    auto more = util::split(path, '/');
    parts.insert(parts.end(), std::make_move_iterator(more.rbegin()), std::make_move_iterator(more.rend()));
}

} // namespace

std::optional<std::string> special_mode_fault(mode_t mode)
{
    if ((mode & (S_ISUID | S_ISGID)) != 0)
        return "setuid or setgid";
    return (mode & S_ISVTX) != 0 ? std::optional<std::string>("it has the sticky bit") : std::nullopt;
}

std::optional<std::string> write_mode_fault(mode_t mode)
{
    return (mode & S_IWOTH) != 0 ? std::optional<std::string>("everybody may write to it") : std::nullopt;
}

std::optional<std::string> name_fault(std::string_view name)
{
    while (!name.empty()) {
        const auto character = util::first_character(name);
        if (character.valid && util::is_control(character.code))
            return "a control character in its name";
        name.remove_prefix(character.bytes);
    }
    return std::nullopt;
}

std::optional<std::string> owner_fault(archive_entry* entry)
{
    if (archive_entry_uid(entry) != 0 || archive_entry_gid(entry) != 0 || !is_roots(archive_entry_uname(entry)) ||
        !is_roots(archive_entry_gname(entry)))
        return fmt::format("it belongs to {}:{}, not to root", archive_entry_uid(entry), archive_entry_gid(entry));
    if (archive_entry_xattr_count(entry) != 0 || archive_entry_acl_types(entry) != 0)
        return "it has extended attributes";
    return std::nullopt;
}

std::optional<std::string> entry_fault(archive_entry* entry)
{
    const auto type = archive_entry_filetype(entry);
    if (archive_entry_hardlink(entry) != nullptr || (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK))
        return "neither file, directory nor symbolic link";
    const char* name = archive_entry_pathname(entry);
    const char* target = archive_entry_symlink(entry);
    if (auto fault = name_fault(name == nullptr ? "" : name))
        return fault;
    if (auto fault = name_fault(target == nullptr ? "" : target))
        return "a control character in the link's target";
    if (auto fault = owner_fault(entry))
        return fault;
    if (type == AE_IFLNK)
        return std::nullopt;
    auto fault = special_mode_fault(archive_entry_perm(entry));
    return fault ? fault : write_mode_fault(archive_entry_perm(entry));
}

bool LinkMap::leads_out(const std::string& path) const
{
    std::vector<std::string> left;
    std::vector<std::string> way;
    put_parts(left, path);
    for (unsigned hops = 0; !left.empty() && hops < most_hops;) {
        const auto part = std::move(left.back());
        left.pop_back();
        if (part.empty() || part == ".")
            continue;
        if (part == "..") {
            if (way.empty())
                return true;
            way.pop_back();
            continue;
        }
        way.push_back(part);
        const auto link = links_.find(util::join(way, "/"));
        if (link == links_.end())
            continue;
        if (link->second.starts_with('/'))
            return hops > 0;
        ++hops;
        way.pop_back();
        put_parts(left, link->second);
    }
    return false;
}

std::optional<std::string> LinkMap::first_out_of_tree() const
{
    const auto found =
        std::find_if(links_.begin(), links_.end(), [this](const auto& one) { return leads_out(one.first); });
    return found == links_.end() ? std::nullopt : std::optional(found->first);
}

std::optional<std::string> LinkMap::link_above(std::string_view path) const
{
    for (auto end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1))
        if (const auto found = links_.find(path.substr(0, end)); found != links_.end())
            return found->first;
    return std::nullopt;
}

} // namespace sf::tar
