// Watches running builds of all processes from outside; builds do not take part.
#pragma once

#include "util/process/process_table.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sf::app {

/// A package that is being built.
struct RunningPackage {
    std::string name; ///< "slurm-24.11.5"
    std::filesystem::path log;
    double seconds = 0; ///< since its commands began
    unsigned processes = 0;
    double cores = 0;      ///< that were busy with it since the last look
    util::Usage usage;     ///< of the processes in its sandbox
    std::string last_line; ///< of its log
};

/// One process that works with a root: a build, a push, anything that uses the store.
struct RunningBuild {
    int pid = 0;
    std::string command;
    std::filesystem::path root;
    double seconds = 0;
    util::Usage usage; ///< of the process itself and its sandboxes
    double cores = 0;
    std::vector<RunningPackage> packages;
};

struct Activity {
    std::vector<RunningBuild> builds; ///< by process number
    std::uint64_t available_memory_bytes = 0;
    std::uint64_t memory_bytes = 0;
    double load = 0; ///< average of the last minute
    unsigned cores = 0;
};

/// Looks as often as it is asked to; busy cores are those between two looks, and 0 at the first.
class ActivityMonitor {
public:
    [[nodiscard]] Activity look();

    /// What shows where a process of the tool is at work.
    struct Traces {
        std::filesystem::path root;
        std::map<std::filesystem::path, std::set<int>> logs; ///< of packages, with the processes that write to them
    };

private:
    using Table = std::map<int, util::ProcessEntry>;

    [[nodiscard]] RunningBuild measure(const Table& table, const util::ProcessEntry& tool, const Traces& traces);
    [[nodiscard]] RunningPackage measure(const Table& table, const std::filesystem::path& log,
                                         const std::set<int>& sandbox);
    /// Cores busy since the last look, by what was measured under that name.
    [[nodiscard]] double cores_since(const std::string& name, double cpu_seconds);

    std::map<std::string, double> before_; ///< CPU seconds
    std::map<std::string, double> now_;
    double looked_ = 0; ///< at the last time; seconds since the machine was started
    double elapsed_ = 0;
};

/// Logs of builds, the newest first: all, or those of a package ("slurm", "slurm-24.11.5" or "slurm@24.11.5").
[[nodiscard]] std::vector<std::filesystem::path> find_logs(const std::filesystem::path& directory,
                                                           const std::string& package);

} // namespace sf::app
