#include "report/terminal.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::report {
namespace {

template <typename... Handlers> struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers> Overloaded(Handlers...) -> Overloaded<Handlers...>;

std::string describe_start(const event::StepStarted& started)
{
    if (started.phase == "build")
        return fmt::format("{}: building", started.package);
    if (started.phase == "image")
        return fmt::format("{}: making the base image (once; about a minute)", started.package);
    if (started.phase == "image-import")
        return fmt::format("{}: importing the base image", started.package);
    if (started.phase == "image-files")
        return fmt::format("{}: fetching the files of the base image", started.package);
    if (started.phase == "bundle")
        return fmt::format("{}: packing", started.package);
    return {};
}

std::string describe_finish(const event::StepFinished& finished)
{
    if (!finished.ok || (finished.phase != "image" && finished.phase != "fetch"))
        return {};
    return fmt::format("{}: {} in {:.1f} s", finished.package, finished.phase == "image" ? "made" : "fetched",
                       finished.wall_seconds);
}

std::string describe_message(const event::Message& message)
{
    switch (message.level) {
    case event::Message::Level::info:
        return message.text;
    case event::Message::Level::warning:
        return "warning: " + message.text;
    case event::Message::Level::error:
        return "error: " + message.text;
    }
    return {};
}

} // namespace

TerminalSink::TerminalSink(std::FILE* stream) : stream_(stream), start_(std::chrono::steady_clock::now()) {}

void TerminalSink::on_event(const event::Event& event)
{
    const std::lock_guard lock(mutex_);
    const auto line = std::visit(
        Overloaded{
            [](const event::BuildPlanned& /*planned*/) { return std::string(); },
            [](const event::BuildFinished& /*finished*/) { return std::string(); }, // the command's result says it
            [](const event::PackageNeeded& /*needed*/) { return std::string(); },   // `explain` says it
            [](const event::PackagePhases& /*phases*/) { return std::string(); },
            [](const event::Load& /*load*/) { return std::string(); },
            [](const event::StepStarted& started) { return describe_start(started); },
            [](const event::StepFinished& finished) { return describe_finish(finished); },
            [](const event::PackageReused& reused) {
                return fmt::format("{}: in the store (layer {})", reused.package, reused.layer);
            },
            [](const event::PackagePulled& pulled) {
                return fmt::format("{}: taken from {} in {:.1f} s ({})", pulled.package, pulled.origin,
                                   pulled.wall_seconds, util::human_bytes(pulled.bytes));
            },
            [](const event::SourceReady& /*source*/) { return std::string(); }, // StepFinished says it
            [this](const event::FetchProgress& progress) -> std::string {
                if (progress.total_bytes == 0)
                    return {};
                // A quarter at a time: enough to see that it moves.
                const int quarter = static_cast<int>(4 * progress.done_bytes / progress.total_bytes);
                auto& shown = shown_percent_[progress.package];
                if (quarter <= shown || quarter >= 4)
                    return {};
                shown = quarter;
                return fmt::format("{}: fetched {}% of {} from {}", progress.package, quarter * 25,
                                   util::human_bytes(progress.total_bytes), progress.origin);
            },
            [](const event::PackageBuilt& built) {
                return fmt::format("{}: built in {:.1f} s (cpu {:.1f} s, peak {}, ships {})", built.package,
                                   built.wall_seconds, built.cpu_seconds, util::human_bytes(built.peak_memory_bytes),
                                   util::human_bytes(built.run_bytes));
            },
            [](const event::Message& message) { return describe_message(message); },
        },
        event);
    if (line.empty())
        return;
    const auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    // Not fmt::print, which throws: a terminal that is gone must not stop the build.
    std::fputs(fmt::format("{:>7.1f}s  {}\n", elapsed, line).c_str(), stream_);
    std::fflush(stream_);
}

} // namespace sf::report
