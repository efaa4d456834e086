#include "source/wait.hpp"

#include <chrono>

namespace sf::source {

namespace {
constexpr std::chrono::milliseconds poll_interval{100};
} // namespace

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
