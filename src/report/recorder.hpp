// The events of one build, kept for what is written about it at its end.
#pragma once

#include "event/event.hpp"

#include <chrono>
#include <mutex>
#include <vector>

namespace sf::report {

struct RecordedEvent {
    double seconds = 0; ///< since the start of the recording
    event::Event event;
};

struct Recording {
    std::chrono::system_clock::time_point started;
    std::vector<RecordedEvent> events; ///< in the order of their times
};

/// Hands every event on, and keeps it.
class Recorder final : public event::Sink {
public:
    explicit Recorder(event::Sink& next) : next_(next) { recording_.started = std::chrono::system_clock::now(); }
    void on_event(const event::Event& event) override;
    /// Since this object was made.
    [[nodiscard]] double seconds() const;
    [[nodiscard]] Recording recording() const;

private:
    event::Sink& next_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    mutable std::mutex mutex_;
    Recording recording_;
};

} // namespace sf::report
