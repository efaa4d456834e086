// A step that reports its start and its end, whichever way it ends.
#pragma once

#include "event/event.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace sf::event {

/// StepStarted now, StepFinished when it goes: not ok unless succeed() was called.
class StepTimer {
public:
    StepTimer(Sink& events, std::string package, std::string phase) :
        events_(events), package_(std::move(package)), phase_(std::move(phase))
    {
        events_.on_event(StepStarted{package_, phase_});
    }
    ~StepTimer() { events_.on_event(StepFinished{package_, phase_, seconds(), cpu_seconds_, ok_}); }
    StepTimer(const StepTimer&) = delete;
    StepTimer& operator=(const StepTimer&) = delete;
    void succeed(double cpu_seconds = 0)
    {
        ok_ = true;
        cpu_seconds_ = cpu_seconds;
    }
    /// Since its start.
    [[nodiscard]] double seconds() const
    {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    Sink& events_;
    std::string package_;
    std::string phase_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    double cpu_seconds_ = 0;
    bool ok_ = false;
};

} // namespace sf::event
