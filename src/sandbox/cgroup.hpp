// Limits and accounting through control groups, version 1 or 2. Private to this module.
#pragma once

#include "sandbox/control_groups.hpp"
#include "sandbox/sandbox.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sf::sandbox {

/// One mounted hierarchy of control groups.
struct Hierarchy {
    std::filesystem::path mount;
    bool unified = false;              ///< version 2
    std::set<std::string> controllers; ///< those of memory, cpu, cpuacct and pids that it has
    auto operator<=>(const Hierarchy&) const = default;
};

/// The hierarchies in the text of /proc/self/mountinfo. Those of version 2 have no controllers yet: they stand in
/// their cgroup.controllers.
[[nodiscard]] std::vector<Hierarchy> parse_cgroup_mounts(std::string_view mountinfo);

/// The hierarchies of this machine.
[[nodiscard]] std::vector<Hierarchy> find_hierarchies();

/// The hierarchies of this machine as they are, none prepared for jobs; those of version 2 have no controllers.
[[nodiscard]] std::vector<Hierarchy> mounted_hierarchies();

/// Whether one of them can limit `controller`.
[[nodiscard]] bool has_controller(const std::vector<Hierarchy>& hierarchies, const std::string& controller);

/// The same for people.
[[nodiscard]] ControlGroups summarize(const std::vector<Hierarchy>& hierarchies);

/// The control groups of one job, one in each hierarchy that is of use, at MOUNT/slurm-factory/NAME; removed when it
/// goes. No process may be in them then. While it lives their directories are locked (flock(2)), which tells all that
/// see them, from whatever PID namespace, that they are in use.
class JobCgroup {
public:
    /// Makes the groups and sets the job's limits. What no hierarchy can limit stays without limit.
    [[nodiscard]] static util::Result<JobCgroup> make(const std::vector<Hierarchy>& hierarchies,
                                                      const std::string& name, const Job& job);
    JobCgroup(JobCgroup&& other) noexcept;
    JobCgroup& operator=(JobCgroup&&) noexcept = delete;
    JobCgroup(const JobCgroup&) = delete;
    JobCgroup& operator=(const JobCgroup&) = delete;
    ~JobCgroup();

    /// Open cgroup.procs files; a process joins by writing "0" to each.
    [[nodiscard]] std::vector<int> join_fds() const;
    /// "/slurm-factory/NAME"
    [[nodiscard]] const std::string& path() const { return path_; }
    /// Fills in what the kernel counted: CPU time (left alone where it is not counted), peak memory, killed for memory.
    void account(Outcome& outcome) const;

private:
    JobCgroup(std::string path, std::vector<std::filesystem::path> mounts) :
        path_(std::move(path)), mounts_(std::move(mounts))
    {
    }
    [[nodiscard]] util::Status set_up(const Hierarchy& hierarchy, const Job& job);
    [[nodiscard]] util::Status make_locked(const std::filesystem::path& group);
    [[nodiscard]] util::Status watch_memory();

    std::string path_;
    std::vector<std::filesystem::path> mounts_; ///< of all hierarchies: a runtime may make groups in others, too
    std::vector<util::UniqueFd> locks_;         ///< directories of groups
    std::vector<util::UniqueFd> joins_;
    util::UniqueFd memory_event_; ///< version 1: readable once the group ran out of memory
    std::optional<std::filesystem::path> memory_;
    std::optional<std::filesystem::path> cpu_time_;
};

/// Where the kernel counts what some processes use.
struct UsageGroups {
    std::optional<std::filesystem::path> memory;
    std::optional<std::filesystem::path> cpu_time;
};

/// The groups of a process, from the text of its /proc/PID/cgroup.
[[nodiscard]] UsageGroups usage_groups(const std::vector<Hierarchy>& hierarchies, std::string_view proc_cgroup);

/// Fills in what the kernel counted in these very groups; leaves alone what it does not count.
void read_usage(const UsageGroups& groups, Outcome& outcome);

/// Removes groups that tools now dead left behind: those that nobody holds a lock on in any hierarchy,
/// unless they have a name that older versions give, and the process in it lives.
void remove_stale_cgroups(const std::vector<Hierarchy>& hierarchies);

} // namespace sf::sandbox
