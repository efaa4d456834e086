// Unpacks tar archives entry by entry; the caller decides on each.
#pragma once

#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

struct archive;
struct archive_entry;

namespace sf::tar {

/// How an archive may be compressed: by what libarchive decompresses itself (gzip, zstd), or also by what it runs xz(1)
/// and bzip2(1) for.
enum class Filters { own, programs };

/// One archive on its way to disk. Errors: no_space and permission, whichever side met them; verify, for an archive
/// that is none or is damaged.
class Extraction {
public:
    /// `flags` are ARCHIVE_EXTRACT_... of archive_write_disk(3).
    [[nodiscard]] static util::Result<Extraction> open(const std::filesystem::path& file, int flags, Filters filters);

    /// The next entry, valid until the next call; nullptr at the end. A sparse file of more than 1 GiB is an error
    /// (verify).
    [[nodiscard]] util::Result<archive_entry*> next();
    /// Writes the entry, which next() gave, where its path name says now. Refuses paths that are too long for the
    /// kernel.
    [[nodiscard]] util::Status write(archive_entry* entry, const util::StopToken& stop);
    /// Hands the entry's contents, which next() gave, to `take` piece by piece instead; gaps of sparse files are zeros.
    [[nodiscard]] util::Status read(const std::function<void(std::string_view)>& take, const util::StopToken& stop);
    /// After the last entry: modes and times of directories.
    [[nodiscard]] util::Status finish();

private:
    struct Free {
        void operator()(archive* handle) const;
    };
    using Handle = std::unique_ptr<archive, Free>;

    Extraction(std::filesystem::path file, Handle reader, Handle writer);
    [[nodiscard]] tl::unexpected<util::Error> failure(archive* handle, std::string_view doing) const;

    std::filesystem::path file_;
    Handle reader_;
    Handle writer_;
};

} // namespace sf::tar
