// The one stream of structured events that all stages write.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace sf::event {

/// Names are frozen: they are the "event" field of the JSON lines.
struct StepStarted {
    std::string package;
    std::string phase; ///< "fetch", "build", "capture", "image", "image-files", "image-import", "bundle"
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
    std::string layer;      ///< short digest
    double cpu_seconds = 0; ///< what its build took: saved now
};
/// One package that came from a binary cache.
struct PackagePulled {
    std::string package;
    std::string origin;      ///< the cache's name
    std::uint64_t bytes = 0; ///< that were transferred
    double wall_seconds = 0;
    double cpu_seconds = 0; ///< what its build took there: saved here
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
    double wall_seconds = 0;          ///< whole step, fetch excluded
    double commands_wall_seconds = 0; ///< the package's own commands
    double cpu_seconds = 0;           ///< user + system of the sandbox
    std::uint64_t peak_memory_bytes = 0;
    std::uint64_t run_bytes = 0;
    std::uint64_t compiler_hits = 0; ///< compilations that ccache knew; both 0 without it
    std::uint64_t compiler_misses = 0;
};
struct Message {
    enum class Level { info, warning, error } level = Level::info;
    std::string text;
};

using Event = std::variant<StepStarted, StepFinished, PackageReused, PackagePulled, SourceReady, FetchProgress,
                           PackageBuilt, Message>;

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
