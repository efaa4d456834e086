#include "report/recorder.hpp"

namespace sf::report {

void Recorder::on_event(const event::Event& event)
{
    {
        const std::lock_guard lock(mutex_);
        recording_.events.push_back({seconds(), event});
    }
    next_.on_event(event);
}

double Recorder::seconds() const
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

Recording Recorder::recording() const
{
    const std::lock_guard lock(mutex_);
    return recording_;
}

} // namespace sf::report
