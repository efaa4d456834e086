// Shows whether the maker of a file still lives.
//
// A maker holds a lock on a file for as long as it lives; the kernel drops the lock with the process. Process ids would
// not work: they are valid in one PID namespace of one machine, and several of either may share a directory.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace sf::util {

/// A file with a unique name that this process keeps locked; the destructor removes it.
class LifeSign {
public:
    /// Makes `directory/prefix.XXXXXX`; the directory is made if missing.
    [[nodiscard]] static Result<LifeSign> make(const std::filesystem::path& directory, std::string_view prefix);
    LifeSign(LifeSign&& other) noexcept;
    LifeSign& operator=(LifeSign&&) = delete;
    LifeSign(const LifeSign&) = delete;
    LifeSign& operator=(const LifeSign&) = delete;
    ~LifeSign();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    LifeSign(std::filesystem::path path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

    std::filesystem::path path_; ///< empty: moved from
    UniqueFd lock_;
};

/// Whether the maker of that life sign lives. A missing file has no maker.
[[nodiscard]] Result<bool> is_alive(const std::filesystem::path& sign);

/// Calls `bury` with the name of each life sign in the directory whose maker is dead, and removes the sign when that
/// succeeds. Others that do the same meanwhile pass over it. The first error of `bury` ends it.
[[nodiscard]] Status bury_dead(const std::filesystem::path& directory,
                               const std::function<Status(const std::string& name)>& bury);

/// A TempDir that others may remove once its maker is dead (sweep_scratch()).
class ScratchDir {
public:
    /// Makes `parent/prefix.XXXXXX`, mode 0700; the parent is made if missing.
    [[nodiscard]] static Result<ScratchDir> make(const std::filesystem::path& parent, std::string_view prefix);
    ScratchDir(ScratchDir&& other) noexcept;
    ScratchDir& operator=(ScratchDir&&) = delete;
    ScratchDir(const ScratchDir&) = delete;
    ScratchDir& operator=(const ScratchDir&) = delete;
    ~ScratchDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Gives up ownership: it was moved elsewhere, or is to stay.
    std::filesystem::path keep();

private:
    ScratchDir(LifeSign sign, std::filesystem::path path) : sign_(std::move(sign)), path_(std::move(path)) {}

    LifeSign sign_;
    std::filesystem::path path_; ///< empty: kept, or moved from
};

/// The life sign of the ScratchDir at `path`: in `lock.alive/` beside it.
[[nodiscard]] std::filesystem::path life_sign_of(const std::filesystem::path& path);

/// Removes from `parent` the ScratchDirs of makers that are dead.
[[nodiscard]] Status sweep_scratch(const std::filesystem::path& parent);

} // namespace sf::util
