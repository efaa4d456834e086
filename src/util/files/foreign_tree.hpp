// A tree of files that strangers wrote: an image's root file system, an unpacked bundle, an exported container.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::util {

/// Every path is resolved inside the tree, as if it were the root file system (open_in_root()): a link to /etc/passwd
/// leads to the tree's own. Nothing here opens what is no regular file or directory, so nothing blocks.
/// Paths may be written with or without a leading slash. Messages name the path on the host.
class ForeignTree {
public:
    [[nodiscard]] static Result<ForeignTree> open(const std::filesystem::path& top);

    [[nodiscard]] const std::filesystem::path& top() const { return top_; }
    /// Whether the path names something once its links are followed.
    [[nodiscard]] bool exists(const std::filesystem::path& path) const;
    [[nodiscard]] bool is_regular_file(const std::filesystem::path& path) const;
    [[nodiscard]] bool is_directory(const std::filesystem::path& path) const;
    /// The path without links and "..", as in a process whose root is the tree. Parts that do not exist are kept.
    [[nodiscard]] Result<std::filesystem::path> resolve(const std::filesystem::path& path) const;
    /// The same for a tree that may lie anywhere: nullopt when an absolute link or ".." leads out of it on the way.
    [[nodiscard]] Result<std::optional<std::filesystem::path>> resolve_inside(const std::filesystem::path& path) const;
    /// openat(2) inside the tree, O_NONBLOCK and O_NOCTTY added.
    [[nodiscard]] Result<UniqueFd> open(const std::filesystem::path& path, int flags, mode_t mode = 0666) const;
    /// A regular file of at most `most` bytes.
    [[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t most) const;
    /// Names in a directory, sorted; none where it does not exist.
    [[nodiscard]] Result<std::vector<std::string>> names_in(const std::filesystem::path& directory) const;

    /// Makes the directory and those above it. A name on the way that is taken by something else is an error.
    [[nodiscard]] Status make_directories(const std::filesystem::path& path, mode_t mode = 0755) const;
    /// Replaces what the path names by a regular file: removes a link, does not follow it. Directories on the way
    /// are made.
    [[nodiscard]] Status write_file(const std::filesystem::path& path, std::string_view bytes,
                                    mode_t mode = 0644) const;
    /// rm -rf of what the path names; a link is removed, not followed. No error when there is nothing.
    [[nodiscard]] Status remove(const std::filesystem::path& path) const;
    /// Removes all that is in a directory; no error when there is no such directory.
    [[nodiscard]] Status clear_directory(const std::filesystem::path& path) const;

private:
    enum class Exit { ends_at_top, refused };

    ForeignTree(std::filesystem::path top, UniqueFd fd) : top_(std::move(top)), fd_(std::move(fd)) {}
    [[nodiscard]] std::string on_host(const std::filesystem::path& path) const;
    /// nullopt only where leaving the tree is refused.
    [[nodiscard]] Result<std::optional<std::filesystem::path>> resolve(const std::filesystem::path& path,
                                                                       Exit exit) const;
    /// The directory that holds the path's last name.
    [[nodiscard]] Result<UniqueFd> parent_of(const std::filesystem::path& path) const;

    std::filesystem::path top_;
    UniqueFd fd_;
};

/// rm -rf of a name in an open directory, without following links; no error when there is nothing.
[[nodiscard]] Status remove_at(int directory, const std::string& name);

} // namespace sf::util
