// The source cache: archives by the sha256 of their bytes.
#pragma once

#include "util/error.hpp"
#include "util/files/claim.hpp"
#include "util/files/sha256.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace sf::source {

/// ROOT/cache/sources: `<sha256>/<file name>`, plus `partial/` for transfers under way. Entries appear only verified.
class SourceCache {
public:
    explicit SourceCache(std::filesystem::path directory);

    /// Path of the archive, if it is there. Does not hash it.
    [[nodiscard]] std::optional<std::filesystem::path> find(const util::Digest& sha256) const;
    /// find(), then hashes the file; a file whose bytes changed is removed and nullopt is returned. It is
    /// claimed: remove() with a time before now spares it, and the time of its directory says when it was last used.
    [[nodiscard]] util::Result<std::optional<std::filesystem::path>> find_verified(const util::Digest& sha256) const;
    /// Moves a complete, already verified file in; it must lie on the cache's file system (as partial_path() does).
    [[nodiscard]] util::Result<std::filesystem::path>
    adopt(const std::filesystem::path& file, const util::Digest& sha256, const std::string& file_name) const;
    /// Removes the archive unless it is not there or was claimed at `since` (seconds since 1970) or later: false then.
    [[nodiscard]] util::Result<bool> remove(const util::Digest& sha256, std::int64_t since) const;
    /// Where a transfer of that archive may write; the same each time, so that it can be resumed.
    [[nodiscard]] std::filesystem::path partial_path(const util::Digest& sha256) const;

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

private:
    std::filesystem::path directory_;
    util::Claims claims_;
};

} // namespace sf::source
