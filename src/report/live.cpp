#include "report/live.hpp"

#include "util/terminal_text.hpp"
#include "util/threads.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace sf::report {
namespace {

constexpr std::chrono::milliseconds frame{200};
/// How often processes are looked at, which costs more than drawing.
constexpr int frames_per_look = 5;
constexpr unsigned usual_width = 80;
constexpr unsigned usual_height = 24;

struct Size {
    unsigned width = usual_width;
    unsigned height = usual_height;
};

Size size_of(std::FILE* stream)
{
    winsize size{};
    if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return {};
    return {size.ws_col, size.ws_row == 0 ? usual_height : size.ws_row};
}

/// Select Graphic Rendition of ECMA-48: red for errors, yellow for warnings.
std::string in_color(const std::string& line, event::Message::Level level)
{
    switch (level) {
    case event::Message::Level::error:
        return "\033[31m" + line + "\033[0m";
    case event::Message::Level::warning:
        return "\033[33m" + line + "\033[0m";
    case event::Message::Level::info:
        break;
    }
    return line;
}

} // namespace

LiveSink::LiveSink(std::FILE* stream, LookAtUsage look, const Style& wanted) :
    stream_(stream), look_(std::move(look)), style_(wanted),
    formatter_(wanted.verbose ? Detail::verbose : Detail::brief), thread_([this] {
        // Nobody misses what it shows, and an exception would end the program.
        static_cast<void>(util::guarded([this]() -> util::Status {
            keep_drawing();
            return {};
        }));
    })
{
}

LiveSink::~LiveSink()
{
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
    write(erase());
}

double LiveSink::seconds() const
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void LiveSink::write(const std::string& text)
{
    if (text.empty())
        return;
    // Not fmt::print, which throws: a terminal that is gone must not stop the build.
    std::fputs(text.c_str(), stream_);
    std::fflush(stream_);
}

std::string LiveSink::erase()
{
    // A terminal that has become narrower since shows a line as several.
    const auto size = size_of(stream_);
    unsigned rows = 0;
    for (const auto columns : std::exchange(drawn_, {}))
        rows += std::max(1U, (columns + size.width - 1) / size.width);
    return rows == 0 ? std::string() : fmt::format("\033[{}F\033[J", rows); // so many up, and clear what is below
}

std::string LiveSink::draw()
{
    // One column is left free, since some terminals go to the next line as soon as the last is written to; and one row.
    const auto size = size_of(stream_);
    auto lines = model_.lines(seconds(), size.width - 1, style_.verbose);
    const std::size_t room = size.height > 1 ? size.height - 1 : 1;
    if (lines.size() > room)
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(room));
    std::string text;
    for (const auto& line : lines) {
        text += line + "\n";
        drawn_.push_back(util::columns_of(line));
    }
    return text;
}

void LiveSink::redraw(const std::string& line)
{
    auto text = erase(); // which has to know what was drawn before
    text += line;
    text += draw();
    write(text);
}

void LiveSink::on_event(const event::Event& event)
{
    const std::lock_guard lock(mutex_);
    model_.take(event, seconds());
    auto line = formatter_.line(event);
    // What is printed after an end must find nothing drawn.
    if (line.empty() && !std::holds_alternative<event::BuildFinished>(event) &&
        !std::holds_alternative<event::StepFinished>(event))
        return;
    if (const auto* message = std::get_if<event::Message>(&event); message != nullptr && style_.color)
        line = in_color(line, message->level);
    redraw(line);
}

void LiveSink::keep_drawing()
{
    std::unique_lock lock(mutex_);
    for (int count = 0; !ending_; ++count) {
        if (look_ && count % frames_per_look == 0) {
            lock.unlock(); // it takes a while
            auto usage = look_();
            lock.lock();
            model_.set_usage(std::move(usage));
        }
        redraw({});
        wake_.wait_for(lock, frame, [this] { return ending_; });
    }
}

} // namespace sf::report
