#include "source/wait.hpp"

#include <chrono>

namespace sf::source {

namespace {
constexpr std::chrono::milliseconds poll_interval{100};
} // namespace

util::Result<util::FileLock> wait_for_lock(const std::filesystem::path& path, const util::StopToken& stop)
{
    SF_CHECK(util::make_directories(path.parent_path()));
    for (;;) {
        SF_TRY(auto lock, util::FileLock::try_acquire(path));
        if (lock)
            return std::move(*lock);
        SF_CHECK(util::pause(poll_interval, stop));
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
