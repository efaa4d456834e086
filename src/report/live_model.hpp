// What a running build looks like at a moment, in a few lines for a terminal. Reads events only, draws nothing.
#pragma once

#include "event/event.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sf::report {

/// What the processes of a running package use, looked at from outside.
struct LiveUsage {
    double cores = 0; ///< busy with it
    std::uint64_t memory_bytes = 0;
    std::string last_line; ///< of its log
};

/// Seconds still to go, from what packages took the last time.
struct Remaining {
    double seconds = 0;
    bool complete = true; ///< of every package it is known how long it took
};

/// Keeps what is to be shown. Times are seconds since the start.
class LiveModel {
public:
    void take(const event::Event& event, double now);
    /// By name and version, "slurm-24.11.5".
    void set_usage(std::map<std::string, LiveUsage> usage) { usage_ = std::move(usage); }

    /// A line for each package that is worked on, the longest at it first, and one for all; none while nothing is done.
    /// None is wider than `columns`. `last_lines`: below each package what it printed last.
    [[nodiscard]] std::vector<std::string> lines(double now, unsigned columns, bool last_lines) const;

    /// The longest chain of packages that need each other, or all CPU time over the jobs, if that is more. nullopt:
    /// nothing is known.
    [[nodiscard]] std::optional<Remaining> remaining(double now) const;

private:
    struct Work {
        std::string phase;
        double since = 0;
    };
    struct Package {
        std::vector<std::string> needs;
        std::optional<double> wall_seconds; ///< of an earlier build
        std::optional<double> cpu_seconds;
        bool done = false;
    };

    void finish(const std::string& package);
    [[nodiscard]] double left_of(const std::string& name, const Package& package, double now) const;
    /// While its own commands run.
    [[nodiscard]] const LiveUsage* usage_of(const std::string& package, const Work& work) const;
    [[nodiscard]] std::string work_line(const std::string& package, const Work& work, double now) const;
    [[nodiscard]] std::string total_line(double now) const;

    std::map<std::string, Package> packages_;
    std::vector<std::string> order_; ///< dependencies before dependents
    std::map<std::string, Work> running_;
    std::map<std::string, event::FetchProgress> transfers_;
    std::map<std::string, LiveUsage> usage_;
    int builds_ = 0; ///< under way
    unsigned reused_ = 0;
    unsigned pulled_ = 0;
    unsigned built_ = 0;
    unsigned jobs_ = 1;
    std::optional<event::Load> load_;
};

} // namespace sf::report
