// Waiting for a lock that another process may hold for long.
#pragma once

#include "util/error.hpp"
#include "util/files/fs.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <functional>

namespace sf::util {

/// A FileLock, waited for as long as no stop is requested. Makes the directory. `on_wait`, if any, is called once, when
/// the lock is another's.
[[nodiscard]] Result<FileLock> wait_for_lock(const std::filesystem::path& path, const StopToken& stop,
                                             const std::function<void()>& on_wait = {},
                                             FileLock::Mode mode = FileLock::Mode::exclusive);

} // namespace sf::util
