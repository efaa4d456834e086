#include "report/terminal.hpp"

#include "event/overloaded.hpp"
#include "util/terminal_text.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <vector>

namespace sf::report {
namespace {

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
    if (started.phase == "glibc-floor")
        return fmt::format("{}: preparing the glibc floor (once; a few seconds)", started.package);
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

std::string describe_host(const event::HostFinished& host)
{
    if (!host.ok)
        return fmt::format("{}: failed: {}", host.host, host.reason);
    return fmt::format("{}: {} in {:.1f} s ({} sent)", host.host, host.action, host.wall_seconds,
                       util::human_bytes(host.bytes));
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

std::string describe_need(const event::PackageNeeded& needed)
{
    auto line = fmt::format("{}: to be built: ", needed.package);
    if (needed.compared_with.empty())
        return line + "for the first time";
    return line + fmt::format("other than {}: {}", needed.compared_with, util::join(needed.changes, ", "));
}

std::string describe_phases(const event::PackagePhases& phases)
{
    std::vector<std::string> parts;
    parts.reserve(phases.phases.size());
    for (const auto& phase : phases.phases)
        parts.push_back(fmt::format("{} {:.1f} s", phase.phase, phase.wall_seconds));
    return fmt::format("{}: {}", phases.package, util::join(parts, ", "));
}

std::string describe_built(const event::PackageBuilt& built)
{
    const auto peak =
        built.peak_memory_bytes > 0 ? fmt::format("peak {}, ", util::human_bytes(built.peak_memory_bytes)) : "";
    return fmt::format("{}: built in {:.1f} s (cpu {:.1f} s, {}ships {})", built.package, built.wall_seconds,
                       built.cpu_seconds, peak, util::human_bytes(built.run_bytes));
}

std::string describe_pulled(const event::PackagePulled& pulled)
{
    return fmt::format("{}: taken from {} in {:.1f} s ({})", pulled.package, pulled.origin, pulled.wall_seconds,
                       util::human_bytes(pulled.bytes));
}

} // namespace

std::string LineFormatter::describe_progress(const event::FetchProgress& progress)
{
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
}

std::string LineFormatter::text_of(const event::Event& event)
{
    const bool brief = detail_ == Detail::brief;
    const bool verbose = detail_ == Detail::verbose;
    return std::visit(
        event::Overloaded{
            [&](const event::PackageNeeded& needed) { return verbose ? describe_need(needed) : std::string(); },
            [&](const event::PackagePhases& phases) { return verbose ? describe_phases(phases) : std::string(); },
            [&](const event::StepStarted& started) { return brief ? std::string() : describe_start(started); },
            [](const event::StepFinished& finished) { return describe_finish(finished); },
            [&](const event::PackageReused& reused) {
                return brief ? std::string() : fmt::format("{}: in the store (layer {})", reused.package, reused.layer);
            },
            [](const event::PackagePulled& pulled) { return describe_pulled(pulled); },
            [&](const event::FetchProgress& progress) { return brief ? std::string() : describe_progress(progress); },
            [](const event::PackageBuilt& built) { return describe_built(built); },
            [](const event::HostFinished& host) { return describe_host(host); },
            [](const event::Message& message) { return describe_message(message); },
            // The command's result says the others, or there is too much of them.
            [](const auto& /*other*/) { return std::string(); },
        },
        event);
}

std::string LineFormatter::line(const event::Event& event)
{
    const auto text = text_of(event);
    if (text.empty())
        return {};
    constexpr std::size_t indent = 10; // of the time: no line but an event's first begins with one
    const auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return fmt::format("{:>7.1f}s  {}\n", elapsed, util::visible_lines(text, indent));
}

void TerminalSink::on_event(const event::Event& event)
{
    const std::lock_guard lock(mutex_);
    const auto line = formatter_.line(event);
    if (line.empty())
        return;
    // Not fmt::print, which throws: a terminal that is gone must not stop the build.
    std::fputs(line.c_str(), stream_);
    std::fflush(stream_);
}

} // namespace sf::report
