// Reads a package's log and phase marks.
#pragma once

#include "event/event.hpp"
#include "plan/plan.hpp"
#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::engine {

/// Phases of one run, as plan::step_script() marked them.
struct PhaseMarks {
    struct Mark {
        std::string phase; ///< "end" after the last one
        double uptime = 0; ///< seconds, of /proc/uptime inside
    };
    std::vector<Mark> marks;
    std::string last;            ///< the phase that was reached
    double commands_seconds = 0; ///< from the first mark to the last one
};
/// Lines that step_script() does not write are passed over: commands can write to the same file.
[[nodiscard]] PhaseMarks parse_marks(std::string_view text);
/// The phases of a run that was started at `uptime` and took `wall_seconds`. Where the clock inside was another one, as
/// in a container that has an uptime of its own, the first phase is put at the start.
[[nodiscard]] std::vector<event::PackagePhases::Phase> place_phases(const PhaseMarks& marks, double uptime,
                                                                    double wall_seconds);

/// What ccache did in one run, as the log of CCACHE_STATSLOG tells
/// (https://ccache.dev/manual/latest.html#config_stats_log).
struct CompilerCache {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
};
[[nodiscard]] CompilerCache parse_ccache_log(std::string_view text);

/// The end of a log, and how many lines come before it.
struct LogEnd {
    std::string text;
    std::size_t lines_before = 0;
};

/// The first absolute path outside of `allowed` that the log says could not be written, if any.
[[nodiscard]] std::optional<std::string> refused_path(std::string_view log);

/// The paths relative to plan::prefix that the log says could not be changed, in its order. What depends on rights
/// there is a dependency's: the rest is the builder's own.
[[nodiscard]] std::vector<std::string> refused_below_prefix(std::string_view log);

/// The error of a build whose commands failed.
[[nodiscard]] util::Error describe_failure(const plan::Step& step, const sandbox::Outcome& outcome,
                                           const std::string& phase, const LogEnd& log,
                                           const std::filesystem::path& log_path, std::uint64_t memory_limit);

} // namespace sf::engine
