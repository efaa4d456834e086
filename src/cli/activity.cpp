#include "cli/activity.hpp"

#include "cli/output.hpp"
#include "util/terminal_text.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

namespace sf::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int activity_schema = 1; ///< docs/user-guide.md

std::string used(const util::Usage& usage, double cores)
{
    return fmt::format("{:4.1f} cores {:>10} {:>10} read {:>10} written", cores, util::human_bytes(usage.memory_bytes),
                       util::human_bytes(usage.read_bytes), util::human_bytes(usage.written_bytes));
}

Json to_json(const util::Usage& usage, double cores)
{
    return {{"cores", cores},
            {"cpu_seconds", usage.cpu_seconds},
            {"memory_bytes", usage.memory_bytes},
            {"read_bytes", usage.read_bytes},
            {"written_bytes", usage.written_bytes}};
}

Json to_json(const app::RunningPackage& package)
{
    return {{"package", package.name},        {"seconds", package.seconds},
            {"processes", package.processes}, {"usage", to_json(package.usage, package.cores)},
            {"log", package.log.string()},    {"last_line", package.last_line}};
}

Json to_json(const std::vector<app::CacheSize>& caches)
{
    auto json = Json::array();
    for (const auto& cache : caches)
        json.push_back({{"name", cache.name},
                        {"path", cache.path},
                        {"entries", cache.entries},
                        {"bytes", cache.bytes},
                        {"budget_bytes", cache.budget}});
    return json;
}

void print_line(const std::string& text, unsigned width)
{
    print("{}\n", width == 0 ? text : util::fit_columns(text, width));
}

} // namespace

void print_disk(const std::vector<app::CacheSize>& caches, unsigned width)
{
    for (const auto& cache : caches)
        print_line(fmt::format("{:<10}{:>10}{}  {}", cache.name, util::human_bytes(cache.bytes),
                               cache.budget > 0 ? " of " + util::human_bytes(cache.budget) : "", cache.path),
                   width);
}

void print_activity(const app::Activity& activity, unsigned width)
{
    const auto line = [width](const std::string& text) { print_line(text, width); };
    line(fmt::format("{} at work; load {:.1f} on {} cores, {} of {} memory available", activity.builds.size(),
                     activity.load, activity.cores, util::human_bytes(activity.available_memory_bytes),
                     util::human_bytes(activity.memory_bytes)));
    for (const auto& build : activity.builds) {
        line(fmt::format("{:>7} {:>8}  {}  {}", build.pid, util::clock_time(build.seconds),
                         used(build.usage, build.cores), build.command));
        for (const auto& package : build.packages) {
            line(fmt::format("        {:>8}  {}    {}", util::clock_time(package.seconds),
                             used(package.usage, package.cores), package.name));
            line(fmt::format("                  {}", package.last_line));
        }
    }
}

void print_activity_json(const app::Activity& activity, const std::optional<std::vector<app::CacheSize>>& caches)
{
    auto builds = Json::array();
    for (const auto& build : activity.builds) {
        auto packages = Json::array();
        for (const auto& package : build.packages)
            packages.push_back(to_json(package));
        builds.push_back({{"pid", build.pid},
                          {"command", build.command},
                          {"root", build.root.string()},
                          {"seconds", build.seconds},
                          {"usage", to_json(build.usage, build.cores)},
                          {"packages", std::move(packages)}});
    }
    Json json = {{"schema", activity_schema},
                 {"cores", activity.cores},
                 {"load", activity.load},
                 {"available_memory_bytes", activity.available_memory_bytes},
                 {"memory_bytes", activity.memory_bytes},
                 {"builds", std::move(builds)}};
    if (caches)
        json["caches"] = to_json(*caches);
    print_json(json);
}

unsigned terminal_width()
{
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

util::Result<int> show_activity(const app::Session& session, const ActivityOptions& options)
{
    app::ActivityMonitor monitor;
    static_cast<void>(monitor.look());
    SF_CHECK(util::pause(glance, session.stop));
    const auto activity = monitor.look();
    std::optional<std::vector<app::CacheSize>> caches;
    if (options.disk) {
        SF_TRY(auto stats, app::cache_stats(session, 0));
        caches = std::move(stats.caches);
    }
    if (options.json) {
        print_activity_json(activity, caches);
        return 0;
    }
    print_activity(activity, terminal_width());
    if (caches)
        print_disk(*caches, terminal_width());
    return 0;
}

} // namespace sf::cli
