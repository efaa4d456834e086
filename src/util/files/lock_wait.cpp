#include "util/files/lock_wait.hpp"

#include <algorithm>
#include <chrono>

namespace sf::util {

Result<FileLock> wait_for_lock(const std::filesystem::path& path, const StopToken& stop,
                               const std::function<void()>& on_wait, FileLock::Mode mode)
{
    constexpr std::chrono::milliseconds longest_moment{100};
    std::chrono::milliseconds moment{1};
    SF_CHECK(make_directories(path.parent_path()));
    for (bool first = true;; first = false) {
        SF_TRY(auto lock, FileLock::try_acquire(path, mode));
        if (lock)
            return std::move(*lock);
        if (first && on_wait)
            on_wait();
        SF_CHECK(pause(moment, stop));
        moment = std::min(2 * moment, longest_moment);
    }
}

} // namespace sf::util
