// What a tree that ships must not have: one rule for all that look at one before it is unpacked, installed or sent.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

struct archive_entry;

namespace sf::tar {

// Each fault is a reason for people; nullopt: there is none.

/// Bits that give rights to every user who runs the file: setuid, setgid; or the sticky bit.
[[nodiscard]] std::optional<std::string> special_mode_fault(mode_t mode);
/// Bits that make the file world-writable.
[[nodiscard]] std::optional<std::string> write_mode_fault(mode_t mode);
/// Of a path, or a link's target: characters that move a terminal's cursor, or end a line in a list of files.
[[nodiscard]] std::optional<std::string> name_fault(std::string_view name);
/// Of an entry that names anybody but root as its owner, or has extended attributes (capabilities are such).
[[nodiscard]] std::optional<std::string> owner_fault(archive_entry* entry);
/// All of the above, and of an entry that is neither file, directory nor symbolic link.
[[nodiscard]] std::optional<std::string> entry_fault(archive_entry* entry);

/// The symbolic links of a tree that is not on disk, by their paths below its top.
class LinkMap {
public:
    void add(std::string path, std::string target) { links_[std::move(path)] = std::move(target); }
    /// The links of the tree that lead out of it, by relative targets; absolute ones belong to the system.
    [[nodiscard]] std::optional<std::string> first_out_of_tree() const;
    /// A directory on the way to `path` that is a link.
    [[nodiscard]] std::optional<std::string> link_above(std::string_view path) const;

private:
    [[nodiscard]] bool leads_out(const std::string& path) const;

    std::map<std::string, std::string, std::less<>> links_;
};

} // namespace sf::tar
