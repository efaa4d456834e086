// The timeline of a recorded build: what happened when. Pure; the trace and the HTML report are views of it.
#pragma once

#include "report/recorder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sf::report {

/// Part of a bar: a phase of a package's build.
struct Slice {
    std::string name;
    double start = 0; ///< seconds since the start of the recording, as all times here
    double end = 0;
};

/// Something that took time.
struct Bar {
    enum class Kind { build, image, bundle, fetch, pull };
    Kind kind = Kind::build;
    std::string name; ///< a package, an image, or the bundle
    double start = 0;
    double end = 0;
    bool ok = true; ///< false: it failed, or was still under way at the end
    std::size_t lane = 0;
    std::vector<Slice> slices; ///< in order, within the bar
    std::string origin;        ///< of a transfer
    std::uint64_t bytes = 0;   ///< of a transfer
    bool critical = false;
};

/// What became of one package of the plan.
struct PackageResult {
    enum class Kind { built, failed, pulled, reused, not_reached };
    Kind kind = Kind::not_reached;
    std::string name; ///< "munge@0.5.16"
    bool ships = false;
    double wall_seconds = 0; ///< of what this run did for it, transfers of sources excepted
    double cpu_seconds = 0;  ///< of its build, whenever and wherever it was
    std::uint64_t peak_memory_bytes = 0;
    std::uint64_t compiler_hits = 0;
    std::uint64_t compiler_misses = 0;
    std::string source;                         ///< where its archive came from; empty: none was wanted
    std::string origin;                         ///< the cache that it was pulled from
    std::optional<event::PackageNeeded> needed; ///< why it was built
    std::uint64_t bytes = 0;                    ///< of what ships
    bool critical = false;
};

struct LoadSample {
    double seconds = 0;
    event::Load load;
};

struct Timeline {
    std::chrono::system_clock::time_point started;
    double seconds = 0; ///< of the whole build
    event::BuildPlanned plan;
    event::BuildFinished finish;
    std::vector<Bar> work;                  ///< builds, image and bundle, by start; bars of one lane do not overlap
    std::vector<Bar> transfers;             ///< of sources and packages, likewise
    std::vector<PackageResult> packages;    ///< in the plan's order
    std::vector<std::string> critical_path; ///< names of bars in their order
    double critical_seconds = 0;
    std::vector<LoadSample> load;
    std::vector<event::Message> messages; ///< warnings and errors
};

[[nodiscard]] Timeline make_timeline(const Recording& recording);

/// Gives each of the intervals, which are sorted by start, the lowest lane that is free then; the number of lanes.
std::size_t assign_lanes(std::vector<Bar>& bars);

/// The chain of packages, each of which needs the one before, that takes longest together: no number of cores makes the
/// build faster than that. `needs` are places, before the package itself. Packages that take no time are left out.
[[nodiscard]] std::vector<std::size_t> critical_path(const std::vector<double>& seconds,
                                                     const std::vector<std::vector<std::size_t>>& needs);

} // namespace sf::report
