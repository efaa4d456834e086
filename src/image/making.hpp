// What making, fetching, importing and removing an image have in common. Private to this module.
#pragma once

#include "event/event.hpp"
#include "site/site.hpp"
#include "util/error.hpp"
#include "util/fs.hpp"
#include "util/sha256.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace sf::image {

/// While an image is made; what stays is a third of that.
inline constexpr std::uint64_t needed_space = 3ULL << 29U;

/// Of what is said while the image is made, in ROOT/logs.
[[nodiscard]] std::string log_name(const std::string& image);

/// images/<digest>
[[nodiscard]] std::filesystem::path home_of(const site::Site& site, const util::Digest& digest);

/// Who uses the image has it shared, who removes it alone.
[[nodiscard]] std::filesystem::path use_lock(const site::Site& site, const util::Digest& digest);

/// Removes what a making or removing left that was cut off. Processes of a making that was just killed may still write
/// for a moment.
void clear_away(const std::filesystem::path& images, std::string_view prefix);

/// Waits for the lock, unless a stop is requested. `name` is the image's.
[[nodiscard]] util::Result<util::FileLock> lock_making(const std::filesystem::path& path, const std::string& name,
                                                       event::Sink& events, const util::StopToken& stop);

/// Whoever makes or takes in an image acts for the users in it.
[[nodiscard]] util::Status check_may_make();

} // namespace sf::image
