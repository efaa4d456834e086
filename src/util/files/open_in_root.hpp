// Opening a path inside a tree that strangers wrote, as if that tree were the root file system.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <sys/types.h>

#include <filesystem>

namespace sf::util {

/// Like openat(2) in a process whose root is the directory `top`: absolute links, and "..", end at `top` at the latest.
/// O_CLOEXEC is added; links of /proc are refused. By openat2(2) with RESOLVE_IN_ROOT, and where the kernel has none
/// (before Linux 5.6) by open_in_root_by_steps().
[[nodiscard]] Result<UniqueFd> open_in_root(int top, const std::filesystem::path& path, int flags, mode_t mode = 0666);

/// The same by one openat(2) for each name of the path.
[[nodiscard]] Result<UniqueFd> open_in_root_by_steps(int top, const std::filesystem::path& path, int flags,
                                                     mode_t mode = 0666);

} // namespace sf::util
