#include "app/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace sf::app {

util::Status in_parallel(const site::Site& site, std::size_t count,
                         const std::function<util::Status(std::size_t)>& work)
{
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    util::Status first;
    const auto loop = [&] {
        for (std::size_t item = next++; item < count; item = next++) {
            auto status = work(item);
            if (status)
                continue;
            const std::lock_guard lock(mutex);
            if (first)
                first = std::move(status);
            next = count;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < std::min<std::size_t>(site.network.parallel_downloads, count); ++i)
            threads.emplace_back(loop);
        loop();
    }
    return first;
}

} // namespace sf::app
