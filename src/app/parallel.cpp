#include "app/parallel.hpp"

#include "util/threads.hpp"

#include <atomic>
#include <mutex>

namespace sf::app {

util::Status in_parallel(const site::Site& site, std::size_t count,
                         const std::function<util::Status(std::size_t)>& work)
{
    std::atomic<bool> failed = false;
    std::mutex mutex;
    util::Status first;
    util::in_threads(site.network.parallel_downloads, count, [&](std::size_t item) {
        if (failed)
            return;
        auto status = work(item);
        if (status)
            return;
        const std::lock_guard lock(mutex);
        if (!failed.exchange(true))
            first = std::move(status);
    });
    return first;
}

} // namespace sf::app
