// That a key is built once. Private to `engine`.
#pragma once

#include "engine/package/jobserver.hpp"
#include "util/error.hpp"
#include "util/files/fs.hpp"
#include "util/stop.hpp"

#include <filesystem>

namespace sf::engine {

/// Locks the file that stands for a key, for a package that holds its token. While another run, of this process or of
/// another, has the lock, the token is given back; on return the package holds one again, also after an error. Error
/// interrupted.
[[nodiscard]] util::Result<util::FileLock> lock_key(const std::filesystem::path& file, Jobserver& jobserver,
                                                    const util::StopToken& stop);

} // namespace sf::engine
