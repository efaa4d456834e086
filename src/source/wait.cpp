#include "source/wait.hpp"

#include <poll.h>

#include <algorithm>

namespace sf::source {

namespace {
constexpr std::chrono::milliseconds poll_interval{100};
} // namespace

util::Status pause(std::chrono::milliseconds duration, const util::StopToken& stop)
{
    const auto end = std::chrono::steady_clock::now() + duration;
    for (;;) {
        SF_CHECK(stop.check());
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return {};
        pollfd stopped{.fd = stop.fd(), .events = POLLIN, .revents = 0};
        ::poll(&stopped, 1, static_cast<int>(std::min<std::chrono::milliseconds::rep>(left.count(), 60'000)));
    }
}

util::Result<util::FileLock> wait_for_lock(const std::filesystem::path& path, const util::StopToken& stop)
{
    SF_CHECK(util::make_directories(path.parent_path()));
    for (;;) {
        SF_TRY(auto lock, util::FileLock::try_acquire(path));
        if (lock)
            return std::move(*lock);
        SF_CHECK(pause(poll_interval, stop));
    }
}

Slots::Slot::~Slot()
{
    if (owner_ == nullptr)
        return;
    {
        const std::lock_guard guard(owner_->mutex_);
        ++owner_->free_;
    }
    owner_->changed_.notify_one();
}

util::Result<Slots::Slot> Slots::take(const util::StopToken& stop)
{
    std::unique_lock guard(mutex_);
    while (free_ == 0) {
        SF_CHECK(stop.check());
        changed_.wait_for(guard, poll_interval);
    }
    --free_;
    return Slot(*this);
}

} // namespace sf::source
