#include "app/upkeep/activity.hpp"
#include "cli/activity.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "util/process/child.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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
    explicit DiskUse(const app::Session& session) : session_(session) {}
    [[nodiscard]] util::Status print(unsigned width)
    {
        if (const auto now = std::chrono::steady_clock::now(); now >= next_) {
            SF_TRY(auto stats, app::cache_stats(session_, 0));
            caches_ = std::move(stats.caches);
            next_ = now + std::chrono::seconds(10);
        }
        print_disk(caches_, width);
        return {};
    }

private:
    const app::Session& session_;
    std::vector<app::CacheSize> caches_;
    std::chrono::steady_clock::time_point next_;
};

/// Until it is interrupted, or `count` times.
util::Result<int> show_top(const app::Session& session, const TopOptions& options)
{
    constexpr double thousand = 1000;
    const bool redraw = ::isatty(STDOUT_FILENO) != 0;
    app::ActivityMonitor monitor;
    static_cast<void>(monitor.look());
    DiskUse disk(session);
    auto pause = glance;
    for (unsigned shown = 0; options.count == 0 || shown < options.count; ++shown) {
        if (!util::pause(pause, session.stop))
            return 0;
        if (redraw)
            write("\033[H\033[2J"); // to the corner, and clear
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

/// Through this process, since a terminal would obey what the build wrote there.
util::Result<int> follow_on_terminal(const std::filesystem::path& log, const util::StopToken& stop)
{
    constexpr std::size_t most = 1U << 16U;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return util::fail_errno(errno, "cannot make a pipe");
    const util::UniqueFd from_tail(ends[0]);
    util::UniqueFd to_us(ends[1]);
    SF_TRY(const auto tail,
           util::Child::start({{"tail", "-n", "+1", "-F", "--", log.string()}}, {-1, to_us.get(), STDERR_FILENO}));
    to_us.reset();
    std::string pending;
    std::string bytes(most, '\0');
    while (!stop.stop_requested()) {
        std::array<pollfd, 2> fds = {pollfd{from_tail.get(), POLLIN, 0}, pollfd{stop.fd(), POLLIN, 0}};
        ::poll(fds.data(), fds.size(), -1);
        if (fds[0].revents == 0)
            continue;
        const auto count = ::read(from_tail.get(), bytes.data(), bytes.size());
        if (count <= 0)
            return 0;
        pending.append(bytes, 0, static_cast<std::size_t>(count));
        // Whole lines, so that no character is cut in two; but no line without an end is kept for ever.
        const auto whole = pending.size() > most ? pending.size() : pending.rfind('\n') + 1;
        write(util::visible_lines(std::string_view(pending).substr(0, whole), 0));
        if (std::fflush(stdout) != 0)
            return 0; // nobody looks
        pending.erase(0, whole);
    }
    return static_cast<int>(util::ErrorCode::interrupted);
}

/// With programs of the system, which know best how to show a file; less makes visible what a terminal would obey.
util::Result<int> show_log(const std::filesystem::path& log, bool follow, const util::StopToken& stop)
{
    std::fflush(stdout);
    const char* pager = std::getenv("PAGER");
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    if (terminal && follow)
        return follow_on_terminal(log, stop);
    const std::string show = follow     ? "exec tail -n +1 -F -- \"$1\""
                             : terminal ? fmt::format("exec {} \"$1\"", pager != nullptr ? pager : "less")
                                        : "exec cat -- \"$1\"";
    ::execlp("sh", "sh", "-c", show.c_str(), "sh", log.c_str(), nullptr);
    return util::fail_errno(errno, "cannot run sh");
}

util::Result<int> show_logs(const app::Session& session, const LogOptions& options)
{
    const auto logs = app::find_logs(session.site.logs(), options.package);
    if (logs.empty())
        return util::fail(util::ErrorCode::usage,
                          options.package.empty() ? fmt::format("there are no logs in {}", session.site.logs().string())
                                                  : fmt::format("there is no log of '{}'", options.package),
                          "'slurm-factory logs' lists all logs; a package from a cache has none");
    if (options.package.empty()) {
        for (const auto& log : logs)
            print("{}\n", log.string());
        return 0;
    }
    if (options.path) {
        print("{}\n", logs.front().string());
        return 0;
    }
    return show_log(logs.front(), options.follow, session.stop);
}

void define_top(CLI::App& command, Invocation& invocation)
{
    auto options = std::make_shared<TopOptions>();
    command.add_option("--interval", options->interval, "Seconds between updates [2]")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.1, 3600.0));
    command.add_option("--count", options->count, "Stop after this many updates [when interrupted]")->type_name("N");
    command.add_flag("--disk", options->disk, "Also show the size of the caches");
    command.callback([&invocation, options] {
        invocation.action = [options](const app::Session& session) { return show_top(session, *options); };
    });
}

const Registration registered_top({
    .place = {HelpGroup::watching, 2},
    .path = "top",
    .description = "Keep showing what builds on this machine are doing",
    .examples = "slurm-factory top\n"
                "  slurm-factory top --disk --interval 0.5",
    .needs = Needs::nothing,
    .define = define_top,
});

void define_logs(CLI::App& command, Invocation& invocation)
{
    auto options = std::make_shared<LogOptions>();
    command.add_option("PACKAGE", options->package, "Its name, or name@version; none: list the logs, the newest first");
    command.add_flag("--path", options->path, "Print its path");
    command.add_flag("--follow,-f", options->follow, "Keep showing new lines")->excludes("--path");
    command.callback([&invocation, options] {
        invocation.action = [options](const app::Session& session) { return show_logs(session, *options); };
    });
}

const Registration registered_logs({
    .place = {HelpGroup::watching, 3},
    .path = "logs",
    .description = "Show the newest log of a package, or list all",
    .examples = "slurm-factory logs slurm\n"
                "  slurm-factory logs --follow openssl\n"
                "  less $(slurm-factory logs --path slurm@24.11.5)",
    .needs = Needs::nothing,
    .define = define_logs,
});

} // namespace
} // namespace sf::cli
