// A build on a terminal: what has happened as lines that stay, and below them what is happening, drawn again and again.
#pragma once

#include "report/live_model.hpp"
#include "report/terminal.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace sf::report {

/// Looks at what running packages use; by name and version, "slurm-24.11.5".
using LookAtUsage = std::function<std::map<std::string, LiveUsage>()>;

/// For a stream that is a terminal, whose width is asked for each time. Cursor movements are those of ECMA-48.
class LiveSink final : public event::Sink {
public:
    struct Style {
        bool verbose = false; ///< also say why packages are built, and show what each printed last
        bool color = false;
    };

    /// `look` may be empty; it is called from a thread of this object's.
    LiveSink(std::FILE* stream, LookAtUsage look, const Style& wanted);
    LiveSink(const LiveSink&) = delete;
    LiveSink& operator=(const LiveSink&) = delete;
    /// Takes away what was drawn; the lines stay.
    ~LiveSink() override;
    void on_event(const event::Event& event) override;

private:
    void keep_drawing();
    [[nodiscard]] double seconds() const;
    // With the mutex held:
    [[nodiscard]] std::string erase();
    [[nodiscard]] std::string draw();
    /// With a line that stays above what is drawn, or none.
    void redraw(const std::string& line);
    void write(const std::string& text);

    std::FILE* stream_;
    LookAtUsage look_;
    Style style_;
    LineFormatter formatter_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::condition_variable wake_;
    bool ending_ = false;
    LiveModel model_;
    std::vector<unsigned> drawn_; ///< columns of each line
    std::thread thread_;
};

} // namespace sf::report
