#include "app/build/run_counter.hpp"

namespace sf::app {

RunCounter::RunCounter(event::Sink& next, std::int64_t started) : next_(next), start_(std::chrono::steady_clock::now())
{
    run_.started = started;
}

void RunCounter::on_event(const event::Event& event)
{
    {
        const std::lock_guard lock(mutex_);
        if (const auto* reused = std::get_if<event::PackageReused>(&event)) {
            ++run_.reused;
            run_.saved_seconds += reused->cpu_seconds;
            run_.saved_layer_bytes += reused->layer_bytes;
        } else if (const auto* pulled = std::get_if<event::PackagePulled>(&event)) {
            ++run_.pulled;
            run_.pulled_bytes += pulled->bytes;
            run_.saved_seconds += pulled->cpu_seconds;
            run_.saved_layer_bytes += pulled->layer_bytes;
        } else if (const auto* built = std::get_if<event::PackageBuilt>(&event)) {
            ++run_.built;
            run_.compiler_hits += built->compiler_hits;
            run_.compiler_misses += built->compiler_misses;
        } else if (const auto* source = std::get_if<event::SourceReady>(&event)) {
            const bool cached = source->origin == "cache";
            ++(cached ? run_.sources_cached : run_.sources_fetched);
            (cached ? run_.saved_source_bytes : run_.fetched_bytes) += source->bytes;
        }
    }
    next_.on_event(event);
}

store::RunRecord RunCounter::record(const std::string& request) const
{
    const std::lock_guard lock(mutex_);
    auto run = run_;
    run.request = request;
    run.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return run;
}

} // namespace sf::app
