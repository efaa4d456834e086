// Figures of one run, taken from its events. Private to `app`.
#pragma once

#include "event/event.hpp"
#include "store/database.hpp"

#include <chrono>
#include <mutex>
#include <string>

namespace sf::app {

/// Hands every event on, and counts.
class RunCounter final : public event::Sink {
public:
    RunCounter(event::Sink& next, std::int64_t started);
    void on_event(const event::Event& event) override;
    /// What was counted so far; wall_seconds is the time since this object was made.
    [[nodiscard]] store::RunRecord record(const std::string& request) const;

private:
    event::Sink& next_;
    std::chrono::steady_clock::time_point start_;
    mutable std::mutex mutex_;
    store::RunRecord run_;
};

} // namespace sf::app
