// Events as lines for a person.
#pragma once

#include "event/event.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>

namespace sf::report {

/// What lines are for: `brief` leaves out what a live view shows in another way, `verbose` adds why packages are built
/// and what their time went to.
enum class Detail { brief, usual, verbose };

/// Events as lines, each with the time since this was made.
class LineFormatter {
public:
    explicit LineFormatter(Detail detail) : detail_(detail), start_(std::chrono::steady_clock::now()) {}

    /// With its line break; empty for what is not told.
    [[nodiscard]] std::string line(const event::Event& event);

private:
    [[nodiscard]] std::string text_of(const event::Event& event);
    [[nodiscard]] std::string describe_progress(const event::FetchProgress& progress);

    Detail detail_;
    std::chrono::steady_clock::time_point start_;
    std::map<std::string, int> shown_percent_; ///< of transfers, by package
};

/// One line per thing that happened, on `stream`; nothing is redrawn, so that it reads the same in a log file.
class TerminalSink final : public event::Sink {
public:
    TerminalSink(std::FILE* stream, Detail detail) : stream_(stream), formatter_(detail) {}
    void on_event(const event::Event& event) override;

private:
    std::FILE* stream_;
    std::mutex mutex_;
    LineFormatter formatter_;
};

} // namespace sf::report
