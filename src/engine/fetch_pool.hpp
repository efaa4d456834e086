// Sources are fetched by threads of their own while packages build.
#pragma once

#include "plan/plan.hpp"
#include "source/fetcher.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sf::engine {

/// The archives of a step: its source, and those of its patches.
[[nodiscard]] source::Wanted wanted_of(const plan::Step& step);

/// Fetches `wanted` in its order with `threads` threads. on_done is called from those threads. When it goes it
/// requests `stop` and joins.
class FetchPool {
public:
    using OnDone = std::function<void(std::size_t item, util::Result<source::Fetched>)>;
    FetchPool(source::Fetcher& fetcher, event::Sink& events, std::vector<source::Wanted> wanted, unsigned threads,
              util::StopSource stop, OnDone on_done);
    ~FetchPool();
    FetchPool(const FetchPool&) = delete;
    FetchPool& operator=(const FetchPool&) = delete;

private:
    void work();

    source::Fetcher& fetcher_;
    event::Sink& events_;
    std::vector<source::Wanted> wanted_;
    util::StopSource stop_;
    OnDone on_done_;
    std::mutex mutex_;
    std::size_t next_ = 0;
    std::vector<std::jthread> threads_; ///< last: they use the others
};

} // namespace sf::engine
