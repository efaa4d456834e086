// The source cache: archives by the sha256 of their bytes.
#pragma once

#include "util/error.hpp"
#include "util/sha256.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace sf::source {

/// ROOT/cache/sources: `<sha256>/<file name>`, plus `partial/` for transfers under way. Entries appear only verified.
class SourceCache {
public:
    explicit SourceCache(std::filesystem::path directory) : directory_(std::move(directory)) {}

    /// Path of the archive, if it is there. Does not hash it.
    [[nodiscard]] std::optional<std::filesystem::path> find(const util::Digest& sha256) const;
    /// find(), then hashes the file; a file whose bytes changed is removed and nullopt is returned. The time of the
    /// archive's directory becomes now: it is when the archive was last used.
    [[nodiscard]] util::Result<std::optional<std::filesystem::path>> find_verified(const util::Digest& sha256) const;
    /// Moves a complete, already verified file in; it must lie on the cache's file system (as partial_path() does).
    [[nodiscard]] util::Result<std::filesystem::path>
    adopt(const std::filesystem::path& file, const util::Digest& sha256, const std::string& file_name) const;
    /// Where a transfer of that archive may write; the same each time, so that it can be resumed.
    [[nodiscard]] std::filesystem::path partial_path(const util::Digest& sha256) const;

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

private:
    std::filesystem::path directory_;
};

} // namespace sf::source
