#include "util/threads.hpp"

namespace sf::util {

Error error_of(const std::exception& exception)
{
    if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
        return {ErrorCode::failure, "out of memory", {}, {}, Reason::memory_exhausted};
    const auto* system = dynamic_cast<const std::system_error*>(&exception);
    if (system != nullptr && system->code() == std::errc::resource_unavailable_try_again)
        return {ErrorCode::failure,
                "the system has no more threads",
                "raise the limit of processes: 'ulimit -u', or pids.max of the container's cgroup",
                {}};
    return {ErrorCode::failure, fmt::format("internal error: {}", exception.what()), {}, {}};
}

std::vector<std::jthread> start_threads(std::size_t count, const std::function<void()>& work)
{
    std::vector<std::jthread> threads;
    threads.reserve(count);
    try {
        while (threads.size() < count)
            threads.emplace_back(work);
    } catch (const std::exception&) { // a limit of processes, or no memory for their stacks
        return threads;
    }
    return threads;
}

void in_threads(std::size_t most, std::size_t count, const std::function<void(std::size_t)>& work)
{
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr thrown;
    const auto loop = [&] {
        try {
            for (auto item = next++; item < count; item = next++)
                work(item);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!thrown)
                thrown = std::current_exception();
            next = count;
        }
    };
    {
        const auto others = start_threads(std::max<std::size_t>(std::min(most, count), 1) - 1, loop);
        loop();
    }
    if (thrown)
        std::rethrow_exception(thrown);
}

Status try_in_threads(std::size_t most, std::size_t count, const std::function<Status(std::size_t)>& work)
{
    std::atomic<bool> failed = false;
    std::mutex mutex;
    Status first;
    in_threads(most, count, [&](std::size_t item) {
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

} // namespace sf::util
