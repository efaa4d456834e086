#include "engine/key_lock.hpp"

#include "util/files/lock_wait.hpp"

#include <chrono>
#include <thread>

namespace sf::engine {

util::Result<util::FileLock> lock_key(const std::filesystem::path& file, Jobserver& jobserver,
                                      const util::StopToken& stop)
{
    constexpr std::chrono::milliseconds patience{50};
    bool waited = false;
    auto lock = util::wait_for_lock(file, stop, [&] {
        jobserver.end();
        waited = true;
    });
    // Also after a stop: the caller ends the package it began. The others stop as well, so tokens become free.
    while (waited && !jobserver.try_begin())
        std::this_thread::sleep_for(patience);
    return lock;
}

} // namespace sf::engine
