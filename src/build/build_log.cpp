#include "build/build_log.hpp"

#include "build/diagnosis.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sf::build {
namespace {

constexpr std::size_t shown_lines = 20;

bool may_be_written(std::string_view path)
{
    const auto normal = (std::filesystem::path(path) / "").lexically_normal().string();
    for (const std::string_view top :
         {plan::build_directory, plan::prefix, "/tmp", "/var/tmp", "/dev", "/step", "/ccache"})
        if (normal.starts_with(fmt::format("{}/", top)))
            return true;
    return false;
}

/// Below what comes before it.
std::string indented(const std::string& lines)
{
    return "\n    " + util::replace_all(lines, "\n", "\n    ");
}

/// The last absolute path before the system's message in a line like "cp: cannot create '/usr/x': Read-only file
/// system".
std::optional<std::string> path_in(std::string_view text)
{
    const auto stop_at = std::string_view(" '\"`:");
    for (auto start = text.rfind('/'); start != std::string_view::npos;) {
        while (start > 0 && stop_at.find(text[start - 1]) == std::string_view::npos)
            --start;
        if (text[start] == '/')
            return std::string(text.substr(start, text.find_first_of(stop_at, start) - start));
        start = start == 0 ? std::string_view::npos : text.rfind('/', start - 1);
    }
    return std::nullopt;
}

} // namespace

PhaseMarks parse_marks(std::string_view text)
{
    PhaseMarks marks;
    std::optional<double> first;
    double last = 0;
    for (const auto& line : util::split(text, '\n')) {
        const auto blank = line.find(' ');
        if (blank == std::string::npos)
            continue;
        last = std::strtod(line.c_str() + blank, nullptr);
        if (!first)
            first = last;
        marks.last = line.substr(0, blank);
        marks.marks.push_back({marks.last, last});
    }
    marks.commands_seconds = first ? last - *first : 0;
    return marks;
}

std::vector<event::PackagePhases::Phase> place_phases(const PhaseMarks& marks, double uptime, double wall_seconds)
{
    constexpr double tolerance = 0.05; // /proc/uptime has hundredths
    std::vector<event::PackagePhases::Phase> phases;
    if (marks.marks.empty())
        return phases;
    const bool same_clock = marks.marks.front().uptime >= uptime - tolerance &&
                            marks.marks.back().uptime <= uptime + wall_seconds + tolerance;
    const auto origin = same_clock ? uptime : marks.marks.front().uptime;
    const auto at = [&](double mark) { return std::clamp(mark - origin, 0.0, wall_seconds); };
    for (std::size_t i = 0; i < marks.marks.size(); ++i) {
        if (marks.marks[i].phase == "end")
            break;
        const auto start = at(marks.marks[i].uptime);
        const auto end = i + 1 < marks.marks.size() ? at(marks.marks[i + 1].uptime) : wall_seconds;
        phases.push_back({marks.marks[i].phase, start, std::max(0.0, end - start)});
    }
    return phases;
}

CompilerCache parse_ccache_log(std::string_view text)
{
    CompilerCache cache;
    for (const auto& line : util::split(text, '\n')) {
        if (line == "direct_cache_hit" || line == "preprocessed_cache_hit")
            ++cache.hits;
        else if (line == "cache_miss")
            ++cache.misses;
    }
    return cache;
}

std::optional<std::string> refused_path(std::string_view log)
{
    for (const auto& line : util::split(log, '\n')) {
        for (const std::string_view reason : {"Read-only file system", "Permission denied"}) {
            const auto at = line.find(reason);
            if (at == std::string::npos)
                continue;
            auto path = path_in(std::string_view(line).substr(0, at));
            if (path && !may_be_written(*path))
                return path;
        }
    }
    return std::nullopt;
}

util::Error describe_failure(const plan::Step& step, const sandbox::Outcome& outcome, const std::string& phase,
                             std::string_view log, const std::filesystem::path& log_path, std::uint64_t memory_limit)
{
    util::Error error{util::ErrorCode::build, {}, {}, {}};
    const auto tail = util::last_lines(log, shown_lines);
    const auto refused = refused_path(log);
    const auto diagnosis = outcome.out_of_memory ? std::nullopt : diagnose(log);
    if (outcome.out_of_memory) {
        error.message =
            fmt::format("{}: out of memory in phase '{}': its peak was {} and the limit is {}", step.id(), phase,
                        util::human_bytes(outcome.peak_memory_bytes), util::human_bytes(memory_limit));
        error.hint = "build with fewer parallel jobs (--jobs), or raise limits.memory in config.yaml";
    } else {
        error.message = fmt::format("{}: phase '{}' failed with exit code {}", step.id(), phase, outcome.exit_code);
    }
    if (diagnosis && !refused) {
        error.message += fmt::format(": {} (line {} of the log)", diagnosis->cause, diagnosis->line);
        if (tail.find(diagnosis->excerpt) == std::string::npos)
            error.message += indented(diagnosis->excerpt) + "\n    ...";
    }
    if (!tail.empty())
        error.message += indented(tail);
    error.message += fmt::format("\nthe whole log: {}", log_path.string());
    if (diagnosis && diagnosis->no_space) {
        error.code = util::ErrorCode::no_space;
        error.hint = diagnosis->hint;
    } else if (refused) {
        error.hint = fmt::format("the build tried to write outside of its prefix, to {}: only {} and {} can be written",
                                 *refused, plan::prefix, plan::build_directory);
    } else if (diagnosis) {
        error.hint = diagnosis->hint;
    }
    return error;
}

} // namespace sf::build
