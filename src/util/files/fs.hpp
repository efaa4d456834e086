// The file system, wrapped once into Result.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::util {

namespace stdfs = std::filesystem;

/// open(2) with O_CLOEXEC added; `mode` is for O_CREAT.
[[nodiscard]] Result<UniqueFd> open_file(const stdfs::path& path, int flags, mode_t mode = 0666);
/// Whole contents of a regular file.
[[nodiscard]] Result<std::string> read_file(const stdfs::path& path);
/// Writes all of `bytes` at the descriptor's position.
[[nodiscard]] Status write_all(int fd, std::string_view bytes);
/// Replaces `path` in one step: temporary file beside it, fsync, rename. Readers see old or new.
[[nodiscard]] Status write_file_atomic(const stdfs::path& path, std::string_view bytes, mode_t mode = 0644);
/// mkdir -p.
[[nodiscard]] Status make_directories(const stdfs::path& path);
/// rm -rf: also trees with unwritable directories; a path that does not exist is no error.
[[nodiscard]] Status remove_tree(const stdfs::path& path);
/// rename(2).
[[nodiscard]] Status rename_path(const stdfs::path& from, const stdfs::path& to);
[[nodiscard]] bool path_exists(const stdfs::path& path);
/// Bytes an unprivileged writer may still use on the file system of `path` (nearest existing parent).
[[nodiscard]] Result<std::uint64_t> free_space(const stdfs::path& path);
/// no_space unless free_space(path) >= needed; `purpose` is named in the message.
[[nodiscard]] Status require_space(const stdfs::path& path, std::uint64_t needed, std::string_view purpose);

/// One entry of a tree walk. `relative` has no leading "./".
struct TreeEntry {
    stdfs::path relative;
    stdfs::file_type type = stdfs::file_type::none;
    mode_t mode = 0;                    ///< permission bits and setuid/setgid/sticky
    std::uint64_t size = 0;             ///< of a regular file, bytes
    std::string link_target;            ///< of a symbolic link
    std::uint64_t device_inode_key = 0; ///< equal for hard links of one file when link_count > 1
    std::uint64_t link_count = 1;
};
/// All entries below `root` (not itself), sorted by path bytes, so that a directory precedes its contents.
[[nodiscard]] Result<std::vector<TreeEntry>> walk_tree(const stdfs::path& root);

/// A directory that is removed with everything in it unless keep() was called.
class TempDir {
public:
    /// Makes `parent/prefix.XXXXXX`, mode 0700; the parent is made if missing.
    [[nodiscard]] static Result<TempDir> make(const stdfs::path& parent, std::string_view prefix);
    TempDir(TempDir&& other) noexcept;
    TempDir& operator=(TempDir&& other) noexcept;
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const stdfs::path& path() const { return path_; }
    /// Gives up ownership.
    stdfs::path keep();

private:
    explicit TempDir(stdfs::path path) : path_(std::move(path)) {}
    stdfs::path path_;
};

/// An advisory lock on a file (flock(2)); released when it goes or the process dies.
class FileLock {
public:
    enum class Mode { shared, exclusive };
    /// Blocks until the lock is had. The file is made if missing and never removed.
    [[nodiscard]] static Result<FileLock> acquire(const stdfs::path& path, Mode mode = Mode::exclusive);
    /// nullopt when somebody else holds it.
    [[nodiscard]] static Result<std::optional<FileLock>> try_acquire(const stdfs::path& path,
                                                                     Mode mode = Mode::exclusive);

private:
    explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

} // namespace sf::util
