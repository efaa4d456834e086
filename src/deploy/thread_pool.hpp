// Threads that stay for several rounds of work. Private to `deploy`.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sf::deploy {

/// A child process dies with the thread that started it (util/process/child.hpp), so connections that are kept from one
/// round to the next need threads that are.
class ThreadPool {
public:
    explicit ThreadPool(std::size_t threads);
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;
    ~ThreadPool();

    /// Calls work(0) to work(count - 1), as many at a time as there are threads; returns when all are done. What one
    /// throws is thrown here.
    void each(std::size_t count, const std::function<void(std::size_t)>& work);

private:
    void loop();

    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<void(std::size_t)>* work_ = nullptr;
    std::size_t count_ = 0;
    std::size_t next_ = 0;
    std::size_t done_ = 0;
    bool over_ = false;
    std::exception_ptr thrown_;
    std::vector<std::jthread> threads_; ///< last: they use the others
};

} // namespace sf::deploy
