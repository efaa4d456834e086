#include "source/progress.hpp"

#include "util/threads.hpp"

#include <system_error>

namespace sf::source {

namespace {
constexpr std::chrono::milliseconds interval{200};
} // namespace

void Progress::report(std::uint64_t done, std::uint64_t total)
{
    const auto now = std::chrono::steady_clock::now();
    const bool last = total > 0 && done == total;
    if (now < next_ && !last)
        return;
    next_ = now + interval;
    events_.on_event(event::FetchProgress{package_, origin_, done, total});
}

FileWatcher::FileWatcher(std::filesystem::path file, std::uint64_t total, Progress& progress) :
    file_(std::move(file)), total_(total), progress_(progress), thread_([this] {
        // Nobody misses what it shows, and an exception would end the program.
        static_cast<void>(util::guarded([this]() -> util::Status {
            watch();
            return {};
        }));
    })
{
}

FileWatcher::~FileWatcher()
{
    {
        const std::lock_guard guard(mutex_);
        finished_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void FileWatcher::watch()
{
    std::unique_lock guard(mutex_);
    while (!finished_) {
        std::error_code error;
        const auto size = std::filesystem::file_size(file_, error);
        progress_.report(error ? 0 : size, total_);
        changed_.wait_for(guard, interval);
    }
}

} // namespace sf::source
