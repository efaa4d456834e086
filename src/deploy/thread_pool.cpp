#include "deploy/thread_pool.hpp"

#include "util/threads.hpp"

#include <utility>

namespace sf::deploy {

ThreadPool::ThreadPool(std::size_t threads)
{
    threads_ = util::start_threads(threads, [this] { loop(); });
}

ThreadPool::~ThreadPool()
{
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    changed_.notify_all(); // and the threads are waited for
}

void ThreadPool::each(std::size_t count, const std::function<void(std::size_t)>& work)
{
    if (threads_.empty()) { // the system has none; then one after the other
        for (std::size_t item = 0; item < count; ++item)
            work(item);
        return;
    }
    std::unique_lock lock(mutex_);
    work_ = &work;
    count_ = count;
    next_ = 0;
    done_ = 0;
    thrown_ = nullptr;
    changed_.notify_all();
    changed_.wait(lock, [this] { return done_ == count_; });
    work_ = nullptr;
    if (thrown_)
        std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void ThreadPool::loop()
{
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return over_ || (work_ != nullptr && next_ < count_); });
        if (over_)
            return;
        const auto item = next_++;
        const auto* work = work_;
        lock.unlock();
        std::exception_ptr thrown;
        try {
            (*work)(item);
        } catch (...) { // it belongs to whoever waits in each()
            thrown = std::current_exception();
        }
        lock.lock();
        if (thrown)
            thrown_ = thrown;
        if (++done_ == count_)
            changed_.notify_all();
    }
}

} // namespace sf::deploy
