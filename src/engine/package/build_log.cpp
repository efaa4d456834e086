#include "engine/package/build_log.hpp"

#include "engine/package/diagnosis.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace sf::engine {
namespace {

constexpr std::size_t shown_lines = 20;

constexpr std::array phases = {recipe::Phase::unpack, recipe::Phase::prepare, recipe::Phase::configure,
                               recipe::Phase::build,  recipe::Phase::install, recipe::Phase::finish};
constexpr std::size_t most_marks = phases.size() + 1;

bool is_mark(std::string_view name)
{
    return name == "end" || std::any_of(phases.begin(), phases.end(),
                                        [name](recipe::Phase phase) { return name == recipe::to_string(phase); });
}

bool may_be_written(std::string_view path)
{
    const auto normal = (std::filesystem::path(path) / "").lexically_normal().string();
    for (const std::string_view top :
         {plan::build_directory, plan::prefix, "/tmp", "/var/tmp", "/dev", "/step/out", "/ccache"})
        if (normal.starts_with(fmt::format("{}/", top)))
            return true;
    return false;
}

/// The last lines. An endless line is cut, so that the message stays short.
std::string shown_end(std::string_view log)
{
    constexpr std::size_t most = 16384;
    auto lines = util::last_lines(log, shown_lines);
    if (lines.size() > most)
        lines = "..." + lines.substr(lines.size() - most);
    return lines;
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
    for (const auto& line : util::split(text, '\n')) {
        const auto blank = line.find(' ');
        if (blank == std::string::npos || !is_mark(std::string_view(line).substr(0, blank)))
            continue;
        const auto uptime = std::strtod(line.c_str() + blank, nullptr);
        // Time goes on.
        const bool later = marks.marks.empty() ? uptime >= 0 : uptime >= marks.marks.back().uptime;
        if (!std::isfinite(uptime) || !later || marks.marks.size() == most_marks)
            continue;
        marks.last = line.substr(0, blank);
        marks.marks.push_back({marks.last, uptime});
    }
    if (!marks.marks.empty())
        marks.commands_seconds = marks.marks.back().uptime - marks.marks.front().uptime;
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
    while (!log.empty()) {
        const auto line = log.substr(0, log.find('\n'));
        log.remove_prefix(std::min(line.size() + 1, log.size()));
        for (const std::string_view reason : {"Read-only file system", "Permission denied"}) {
            const auto at = line.find(reason);
            if (at == std::string_view::npos)
                continue;
            auto path = path_in(line.substr(0, at));
            if (path && !may_be_written(*path))
                return path;
        }
    }
    return std::nullopt;
}

std::vector<std::string> refused_below_prefix(std::string_view log)
{
    const auto below = fmt::format("{}/", plan::prefix);
    std::vector<std::string> paths;
    for (const auto& line : util::split(log, '\n'))
        for (const std::string_view reason : {"Permission denied", "Operation not permitted"}) {
            const auto at = line.find(reason);
            const auto path = at == std::string::npos ? std::nullopt : path_in(std::string_view(line).substr(0, at));
            if (path && path->starts_with(below))
                paths.push_back(path->substr(below.size()));
        }
    return paths;
}

util::Error describe_failure(const plan::Step& step, const sandbox::Outcome& outcome, const std::string& phase,
                             const LogEnd& log, const std::filesystem::path& log_path, std::uint64_t memory_limit)
{
    util::Error error{util::ErrorCode::build, {}, {}, {}};
    const auto tail = shown_end(log.text);
    const auto refused = refused_path(log.text);
    const auto diagnosis = outcome.out_of_memory ? std::nullopt : diagnose(log.text);
    if (outcome.out_of_memory) {
        error.message =
            fmt::format("{}: out of memory in phase '{}': its peak was {} and the limit is {}", step.id(), phase,
                        util::human_bytes(outcome.peak_memory_bytes), util::human_bytes(memory_limit));
        error.reason = util::Reason::job_out_of_memory;
    } else {
        error.message = fmt::format("{}: phase '{}' failed with exit code {}", step.id(), phase, outcome.exit_code);
    }
    if (diagnosis && !refused) {
        error.message += fmt::format(": {} (line {} of the log)", diagnosis->cause, log.lines_before + diagnosis->line);
        if (tail.find(diagnosis->excerpt) == std::string::npos)
            error.message += indented(diagnosis->excerpt) + "\n    ...";
    }
    if (!tail.empty())
        error.message += indented(tail);
    error.message += fmt::format("\nthe whole log: {}", log_path.string());
    if (diagnosis && diagnosis->no_space) {
        error.code = util::ErrorCode::no_space;
        error.hint = diagnosis->hint;
        error.reason = diagnosis->reason;
    } else if (refused) {
        error.hint = fmt::format("the build tried to write outside its prefix, to {}: only {} and {} can be written",
                                 *refused, plan::prefix, plan::build_directory);
    } else if (diagnosis) {
        error.hint = diagnosis->hint;
        error.reason = diagnosis->reason;
    }
    return error;
}

} // namespace sf::engine
