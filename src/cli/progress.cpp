#include "cli/progress.hpp"

#include "app/upkeep/activity.hpp"
#include "report/live.hpp"
#include "report/terminal.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace sf::cli {
namespace {

/// Of the packages that this process builds.
std::map<std::string, report::LiveUsage> own_usage(app::ActivityMonitor& monitor)
{
    std::map<std::string, report::LiveUsage> usage;
    for (auto& build : monitor.look().builds)
        if (build.pid == ::getpid())
            for (auto& package : build.packages)
                usage[package.name] = {package.cores, package.usage.memory_bytes, std::move(package.last_line)};
    return usage;
}

} // namespace

std::unique_ptr<event::Sink> make_progress(const Globals& globals)
{
    if (globals.quiet)
        return nullptr;
    const char* terminal = std::getenv("TERM");
    if (::isatty(STDERR_FILENO) == 0 || terminal == nullptr || std::string_view(terminal) == "dumb")
        return std::make_unique<report::TerminalSink>(stderr, globals.verbose ? report::Detail::verbose
                                                                              : report::Detail::usual);
    const char* no_color = std::getenv("NO_COLOR"); // https://no-color.org
    auto monitor = std::make_shared<app::ActivityMonitor>();
    return std::make_unique<report::LiveSink>(
        stderr, [monitor] { return own_usage(*monitor); },
        report::LiveSink::Style{globals.verbose, no_color == nullptr || *no_color == '\0'});
}

} // namespace sf::cli
