#include "build/key_lock.hpp"

#include <chrono>
#include <thread>

namespace sf::build {
namespace {

constexpr std::chrono::milliseconds patience{50};

util::Result<util::FileLock> wait_for_lock(const std::filesystem::path& file, const util::StopToken& stop)
{
    for (;;) {
        SF_CHECK(util::pause(patience, stop));
        SF_TRY(auto lock, util::FileLock::try_acquire(file));
        if (lock)
            return std::move(*lock);
    }
}

} // namespace

util::Result<util::FileLock> lock_key(const std::filesystem::path& file, Jobserver& jobserver,
                                      const util::StopToken& stop)
{
    SF_TRY(auto free, util::FileLock::try_acquire(file));
    if (free)
        return std::move(*free);
    jobserver.end();
    auto lock = wait_for_lock(file, stop);
    // Also after a stop: whoever began this package ends it. The others stop as well, so tokens come.
    while (!jobserver.try_begin())
        std::this_thread::sleep_for(patience);
    return lock;
}

} // namespace sf::build
