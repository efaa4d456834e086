// What making, fetching, importing and removing an image have in common. Private to this module.
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

namespace sf::image {

/// Bytes needed while an image is made; a third of that stays.
inline constexpr std::uint64_t needed_space = 3ULL << 29U;

/// The name of the log in ROOT/logs for the making of the image.
[[nodiscard]] std::string log_name(const std::string& image);

/// images/<digest>
[[nodiscard]] std::filesystem::path home_of(const site::Site& site, const util::Digest& digest);

/// Held shared while using the image, exclusively while removing it.
[[nodiscard]] std::filesystem::path use_lock(const site::Site& site, const util::Digest& digest);

/// Removes what an interrupted making or removing left. Processes of a making that was just killed may still write
/// for a moment.
void clear_away(const std::filesystem::path& images, std::string_view prefix);

/// Waits for the lock, unless a stop is requested. `name` is the image's.
[[nodiscard]] util::Result<util::FileLock> lock_making(const std::filesystem::path& path, const std::string& name,
                                                       event::Sink& events, const util::StopToken& stop);

/// Error sandbox: this process cannot act for the users in an image.
[[nodiscard]] util::Status check_may_make();

} // namespace sf::image
