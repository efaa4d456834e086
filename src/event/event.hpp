// The one stream of structured events that all stages write.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sf::event {

/// Names are frozen: they are the "event" field of the JSON lines.

/// One package of a build that begins.
struct PlannedPackage {
    std::string package;            ///< "munge@0.5.16"
    std::vector<std::string> needs; ///< what its build needs to be there, as `package`
    bool ships = false;
    std::optional<double> last_wall_seconds{}; ///< of the newest build of a package of that name
    std::optional<double> last_cpu_seconds{};
};
/// What a build is about to do, and where: once, when its base image is known and before its packages.
struct BuildPlanned {
    std::string name;    ///< "slurm-24.11", the start of its files' names
    std::string request; ///< the spec that was solved
    std::string command; ///< a shell line that makes the same bytes again
    std::string tool_version;
    std::string image;
    std::string image_digest;
    std::string compiler; ///< "gcc 12.2.0"; empty: not known
    std::string target;
    std::string hardening; ///< "default"
    std::string glibc;     ///< the floor: "2.28", "host"
    std::string host;      ///< kernel and machine
    unsigned cores = 0;
    unsigned jobs = 0;
    std::uint64_t memory_bytes = 0;
    std::vector<PlannedPackage> packages; ///< dependencies before dependents
};
/// One package's part of what ships.
struct PackageSize {
    std::string package;
    std::uint64_t bytes = 0; ///< unpacked
};
struct WrittenFile {
    std::string path;
    std::uint64_t bytes = 0;
};
/// The end of a build, whichever way it ends.
struct BuildFinished {
    std::string name;
    double wall_seconds = 0;
    std::string error; ///< empty: it went well
    std::vector<PackageSize> sizes;
    std::vector<WrittenFile> files;
};
/// A package has to be built, and why; before its build.
struct PackageNeeded {
    std::string package;
    std::string compared_with;               ///< the earlier build that is most like it; empty: it is the first
    std::vector<std::string> changes;        ///< inputs of its key that differ from that one's
    std::optional<double> last_wall_seconds; ///< of its newest build, of any version
    std::optional<double> last_cpu_seconds;
};
struct StepStarted {
    std::string package;
    std::string phase; ///< "fetch", "build", "capture", "image", "image-files", "image-import", "glibc-floor", "bundle"
};
struct StepFinished {
    std::string package;
    std::string phase;
    double wall_seconds = 0;
    double cpu_seconds = 0;
    bool ok = true;
};
struct PackageReused {
    std::string package;
    std::string layer;             ///< short digest
    double cpu_seconds = 0;        ///< what its build took: saved now
    std::uint64_t layer_bytes = 0; ///< unpacked: not made again
};
/// One package that came from a binary cache.
struct PackagePulled {
    std::string package;
    std::string origin;      ///< the cache's name
    std::uint64_t bytes = 0; ///< that were transferred
    double wall_seconds = 0;
    double cpu_seconds = 0;        ///< what its build took there: saved here
    std::uint64_t layer_bytes = 0; ///< unpacked: not made here
};
/// What a package's own commands were at, once they have ended.
struct PackagePhases {
    struct Phase {
        std::string phase;        ///< "configure"
        double start_seconds = 0; ///< since the step "build" was started
        double wall_seconds = 0;
    };
    std::string package;
    std::vector<Phase> phases;
};
/// One verified source archive, from the cache or from elsewhere.
struct SourceReady {
    std::string package;
    std::string origin; ///< "cache", or the URL / apt package it came from
    std::uint64_t bytes = 0;
};
struct FetchProgress {
    std::string package;
    std::string origin;
    std::uint64_t done_bytes = 0;
    std::uint64_t total_bytes = 0; ///< 0: not known
};
/// One finished build of a package, for records and benchmarks.
struct PackageBuilt {
    std::string package;
    double wall_seconds = 0;             ///< whole step, fetch excluded
    double commands_wall_seconds = 0;    ///< the package's own commands
    double cpu_seconds = 0;              ///< user + system of the sandbox
    std::uint64_t peak_memory_bytes = 0; ///< 0 when the host cannot say
    std::uint64_t run_bytes = 0;
    std::uint64_t compiler_hits = 0; ///< compilations that ccache knew; both 0 without it
    std::uint64_t compiler_misses = 0;
};
/// How busy a build keeps the machine, a few times a second while packages are built.
struct Load {
    std::string package;       ///< of several builds at a time: which one says so; else empty
    unsigned jobs_running = 0; ///< tokens of the jobserver in use
    unsigned jobs_held = 0;    ///< held back since memory is short
    std::uint64_t available_memory_bytes = 0;
};
/// One host of a deployment that is done, or given up.
struct HostFinished {
    std::string host;
    std::string action; ///< "deployed", "rolled back", "failed"
    bool ok = true;
    std::string reason;      ///< of a failure
    std::uint64_t bytes = 0; ///< sent
    double wall_seconds = 0;
};
struct Message {
    enum class Level { info, warning, error } level = Level::info;
    std::string text;
};

using Event =
    std::variant<BuildPlanned, BuildFinished, PackageNeeded, StepStarted, StepFinished, PackageReused, PackagePulled,
                 SourceReady, FetchProgress, PackagePhases, PackageBuilt, Load, HostFinished, Message>;

/// Where events go. on_event() is called from any thread and must not block for long.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void on_event(const Event& event) = 0;
};

/// Drops everything.
class NullSink final : public Sink {
public:
    void on_event(const Event& /*event*/) override {}
};

} // namespace sf::event
