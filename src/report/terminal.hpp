// Events as lines for a person.
#pragma once

#include "event/event.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>

namespace sf::report {

/// One line per thing that happened, on `stream`; nothing is redrawn, so that it reads the same in a log file.
class TerminalSink final : public event::Sink {
public:
    explicit TerminalSink(std::FILE* stream);
    void on_event(const event::Event& event) override;

private:
    std::FILE* stream_;
    std::chrono::steady_clock::time_point start_;
    std::mutex mutex_;
    std::map<std::string, int> shown_percent_; ///< of transfers, by package
};

} // namespace sf::report
