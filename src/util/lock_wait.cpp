#include "util/lock_wait.hpp"

#include <chrono>

namespace sf::util {

Result<FileLock> wait_for_lock(const std::filesystem::path& path, const StopToken& stop,
                               const std::function<void()>& on_wait)
{
    constexpr std::chrono::milliseconds moment{100};
    SF_CHECK(make_directories(path.parent_path()));
    for (bool first = true;; first = false) {
        SF_TRY(auto lock, FileLock::try_acquire(path));
        if (lock)
            return std::move(*lock);
        if (first && on_wait)
            on_wait();
        SF_CHECK(pause(moment, stop));
    }
}

} // namespace sf::util
