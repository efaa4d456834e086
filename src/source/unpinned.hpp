// Getting an archive whose sum is not known yet, for a version that is about to be added to a recipe.
#pragma once

#include "event/event.hpp"
#include "site/site.hpp"
#include "util/error.hpp"
#include "util/files/fs.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sf::source {

/// An archive that is not in the source cache, but on its file system; it goes with this.
struct Unpinned {
    util::TempDir directory;
    std::filesystem::path path;
    util::Digest sha256;
    std::uint64_t bytes = 0;
    std::string url;    ///< of those asked for, the one that it stands for
    std::string origin; ///< where it came from, without a password: that, or a mirror
};

/// Whether a file that begins so is an archive of sources (gzip, bzip2, xz, zstd, zip, tar) and not, say, a page for
/// logging in; 512 bytes are enough.
[[nodiscard]] bool is_archive(std::string_view start);

/// Tries each URL (http, https, file) in turn, the site's mirrors before it, until one has an archive. Errors: source,
/// which lists each place and why it failed; usage: a URL does not end in a file's name.
[[nodiscard]] util::Result<Unpinned> fetch_unpinned(const site::Site& site, event::Sink& events,
                                                    const std::string& package, const std::vector<std::string>& urls,
                                                    const util::StopToken& stop);

} // namespace sf::source
