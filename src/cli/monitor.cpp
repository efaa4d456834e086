#include "app/activity.hpp"
#include "cli/activity.hpp"
#include "cli/command.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace sf::cli {
namespace {

using std::chrono::milliseconds;

struct TopOptions {
    double interval = 2; ///< seconds
    unsigned count = 0;
    bool disk = false;
};

/// What the caches take on disk. Their files are counted every ten seconds and not at each look, which they would slow.
class DiskUse {
public:
    explicit DiskUse(const app::Context& context) : context_(context) {}
    [[nodiscard]] util::Status print(unsigned width)
    {
        if (const auto now = std::chrono::steady_clock::now(); now >= next_) {
            SF_TRY(auto stats, app::cache_stats(context_, 0));
            caches_ = std::move(stats.caches);
            next_ = now + std::chrono::seconds(10);
        }
        print_disk(caches_, width);
        return {};
    }

private:
    const app::Context& context_;
    std::vector<app::CacheSize> caches_;
    std::chrono::steady_clock::time_point next_;
};

/// Until it is interrupted, or `count` times.
util::Result<int> show_top(const app::Context& context, const TopOptions& options)
{
    constexpr double thousand = 1000;
    const bool redraw = ::isatty(STDOUT_FILENO) != 0;
    app::ActivityMonitor monitor;
    static_cast<void>(monitor.look());
    DiskUse disk(context);
    auto pause = glance;
    for (unsigned shown = 0; options.count == 0 || shown < options.count; ++shown) {
        if (!util::pause(pause, context.stop))
            return 0;
        if (redraw)
            fmt::print("\033[H\033[2J"); // to the corner, and clear
        print_activity(monitor.look(), terminal_width());
        if (options.disk)
            SF_CHECK(disk.print(terminal_width()));
        if (std::fflush(stdout) != 0)
            return 0; // nobody listens
        pause = milliseconds(static_cast<int>(options.interval * thousand));
    }
    return 0;
}

struct LogOptions {
    std::string package;
    bool path = false;
    bool follow = false;
};

/// With programs of the system, which know best how to show a file.
util::Result<int> show_log(const std::filesystem::path& log, bool follow)
{
    std::fflush(stdout);
    const char* pager = std::getenv("PAGER");
    const bool page = ::isatty(STDOUT_FILENO) != 0;
    const std::string show = follow ? "exec tail -n +1 -F -- \"$1\""
                             : page ? fmt::format("exec {} \"$1\"", pager != nullptr ? pager : "less")
                                    : "exec cat -- \"$1\"";
    ::execlp("sh", "sh", "-c", show.c_str(), "sh", log.c_str(), nullptr);
    return util::fail_errno(errno, "cannot run sh");
}

util::Result<int> show_logs(const app::Context& context, const LogOptions& options)
{
    const auto logs = app::find_logs(context.site.logs(), options.package);
    if (logs.empty())
        return util::fail(util::ErrorCode::usage,
                          options.package.empty() ? fmt::format("there are no logs in {}", context.site.logs().string())
                                                  : fmt::format("there is no log of '{}'", options.package),
                          "'slurm-factory logs' lists what there is; a package that came from a cache has none");
    if (options.package.empty()) {
        for (const auto& log : logs)
            fmt::print("{}\n", log.string());
        return 0;
    }
    if (options.path) {
        fmt::print("{}\n", logs.front().string());
        return 0;
    }
    return show_log(logs.front(), options.follow);
}

} // namespace

void add_top(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "top", "Keep showing what builds on this machine are doing",
                                "slurm-factory top\n"
                                "  slurm-factory top --disk --interval 0.5");
    auto options = std::make_shared<TopOptions>();
    command->add_option("--interval", options->interval, "Seconds between two looks [2]")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.1, 3600.0));
    command->add_option("--count", options->count, "End after so many [when interrupted]")->type_name("N");
    command->add_flag("--disk", options->disk, "Also what the caches take on disk");
    command->callback([&chosen, options] {
        chosen = [options](const app::Context& context) { return show_top(context, *options); };
    });
}

void add_logs(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "logs", "Show the newest log of a package, or list all",
                                "slurm-factory logs slurm\n"
                                "  slurm-factory logs --follow openssl\n"
                                "  less $(slurm-factory logs --path slurm@24.11.5)");
    auto options = std::make_shared<LogOptions>();
    command->add_option("PACKAGE", options->package,
                        "Its name, or name@version; none: list the logs, the newest first");
    command->add_flag("--path", options->path, "Print where it is");
    command->add_flag("--follow,-f", options->follow, "Go on showing what is written to it")->excludes("--path");
    command->callback([&chosen, options] {
        chosen = [options](const app::Context& context) { return show_logs(context, *options); };
    });
}

} // namespace sf::cli
