// Events as JSON lines, one object each, for programs.
#pragma once

#include "event/event.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"

#include <filesystem>
#include <mutex>
#include <vector>

namespace sf::report {

/// Raised when a field goes or changes its meaning; events and fields that are new leave it as it is.
inline constexpr int json_lines_format = 1;

/// Appends `{"event": NAME, "time": seconds since the start, ...fields}` for every event, after a first line
/// `{"event": "stream", "format": json_lines_format, "time": 0}`. Field names are those of the structs in
/// event/event.hpp.
class JsonLinesSink final : public event::Sink {
public:
    /// Empties the file; "-" is standard output.
    [[nodiscard]] static util::Result<std::unique_ptr<JsonLinesSink>> open(const std::filesystem::path& path);
    void on_event(const event::Event& event) override;

private:
    explicit JsonLinesSink(util::UniqueFd fd);
    void write(const std::string& line);
    util::UniqueFd fd_;
    std::chrono::steady_clock::time_point start_;
    std::mutex mutex_;
};

/// Hands every event to each of several sinks.
class FanOut final : public event::Sink {
public:
    void add(event::Sink& sink) { sinks_.push_back(&sink); }
    void on_event(const event::Event& event) override
    {
        for (auto* sink : sinks_)
            sink->on_event(event);
    }

private:
    std::vector<event::Sink*> sinks_;
};

} // namespace sf::report
