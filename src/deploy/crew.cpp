#include "deploy/crew.hpp"

namespace sf::deploy {

Crew::Crew(std::size_t threads)
{
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this] { loop(); });
}

Crew::~Crew()
{
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

void Crew::each(std::size_t count, const std::function<void(std::size_t)>& work)
{
    std::unique_lock lock(mutex_);
    work_ = &work;
    count_ = count;
    next_ = 0;
    done_ = 0;
    changed_.notify_all();
    changed_.wait(lock, [this] { return done_ == count_; });
    work_ = nullptr;
}

void Crew::loop()
{
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return over_ || (work_ != nullptr && next_ < count_); });
        if (over_)
            return;
        const auto item = next_++;
        const auto* work = work_;
        lock.unlock();
        (*work)(item);
        lock.lock();
        if (++done_ == count_)
            changed_.notify_all();
    }
}

} // namespace sf::deploy
