#include "engine/fetch_pool.hpp"

#include "util/threads.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>

namespace sf::engine {

source::Wanted wanted_of(const plan::Step& step)
{
    source::Wanted wanted{step.id(), step.sources, {}};
    for (const auto& set : step.patch_sets)
        wanted.patches.push_back(set.sources);
    return wanted;
}

FetchPool::FetchPool(source::Fetcher& fetcher, event::Sink& events, std::vector<source::Wanted> wanted,
                     unsigned threads, util::StopSource stop, OnDone on_done) :
    fetcher_(fetcher),
    events_(events), wanted_(std::move(wanted)), stop_(std::move(stop)), on_done_(std::move(on_done))
{
    threads_ = util::start_threads(std::min<std::size_t>(std::max(threads, 1U), wanted_.size()), [this] { work(); });
    if (threads_.empty() && !wanted_.empty()) // then one after the other
        work();
}

FetchPool::~FetchPool()
{
    stop_.request_stop(); // and the threads are waited for
}

void FetchPool::work()
{
    for (;;) {
        std::size_t item = 0;
        {
            const std::lock_guard lock(mutex_);
            if (next_ == wanted_.size() || stop_.token().stop_requested())
                return;
            item = next_++;
        }
        const auto start = std::chrono::steady_clock::now();
        auto fetched = util::guarded([&] { return fetcher_.fetch(wanted_[item], stop_.token()); });
        if (fetched && fetched->origin != "cache")
            events_.on_event(event::StepFinished{
                wanted_[item].package, "fetch",
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 0, true});
        if (fetched) {
            std::error_code ignored;
            const auto bytes = std::filesystem::file_size(fetched->path, ignored);
            events_.on_event(event::SourceReady{wanted_[item].package, fetched->origin, ignored ? 0 : bytes});
        }
        on_done_(item, std::move(fetched));
    }
}

} // namespace sf::engine
