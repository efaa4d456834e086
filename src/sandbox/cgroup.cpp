#include "sandbox/cgroup.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

constexpr const char* parent_name = "slurm-factory";
constexpr std::array<const char*, 4> wanted = {"memory", "cpu", "cpuacct", "pids"};

/// mountinfo writes space, tab, newline and backslash as three octal digits.
std::string unescape(std::string_view text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '\\' && i + 3 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 4, value, 8).ptr == text.data() + i + 4) {
            result += static_cast<char>(value);
            i += 3;
        } else {
            result += text[i];
        }
    }
    return result;
}

util::Status write_value(const stdfs::path& file, const std::string& value)
{
    SF_TRY(auto fd, util::open_file(file, O_WRONLY));
    if (::write(fd.get(), value.data(), value.size()) < 0)
        return util::fail_errno(errno, fmt::format("cannot write '{}' to {}", value, file.string()));
    return {};
}

/// The number after `field` in a file of "name value" lines, or the whole file's when `field` is empty.
std::optional<std::uint64_t> read_value(const stdfs::path& file, std::string_view field = {})
{
    const auto text = util::read_file(file);
    if (!text)
        return std::nullopt;
    for (const auto& line : util::split(*text, '\n')) {
        std::string_view rest = line;
        if (!field.empty()) {
            if (!rest.starts_with(field) || rest.size() <= field.size() || rest[field.size()] != ' ')
                continue;
            rest.remove_prefix(field.size() + 1);
        }
        std::uint64_t value = 0;
        if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec == std::errc())
            return value;
    }
    return std::nullopt;
}

/// Writes a limit where the hierarchy has the controller and the job asks for one.
util::Status set_limits(const Hierarchy& hierarchy, const stdfs::path& group, const Job& job)
{
    constexpr unsigned period_us = 100'000;
    const bool v2 = hierarchy.unified;
    if (job.memory_bytes != 0 && hierarchy.controllers.contains("memory")) {
        const auto bytes = std::to_string(job.memory_bytes);
        SF_CHECK(write_value(group / (v2 ? "memory.max" : "memory.limit_in_bytes"), bytes));
        // Without this the job would go on in swap space. Not every kernel counts swap.
        const auto swap = group / (v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
        if (util::path_exists(swap))
            SF_CHECK(write_value(swap, v2 ? "0" : bytes));
    }
    if (job.cpus != 0 && hierarchy.controllers.contains("cpu")) {
        const auto quota = std::uint64_t{job.cpus} * period_us;
        SF_CHECK(write_value(group / (v2 ? "cpu.max" : "cpu.cfs_quota_us"),
                             v2 ? fmt::format("{} {}", quota, period_us) : std::to_string(quota)));
    }
    if (job.pids != 0 && hierarchy.controllers.contains("pids"))
        SF_CHECK(write_value(group / "pids.max", std::to_string(job.pids)));
    return {};
}

/// Version 2 gives a group only the controllers that all groups above it pass on.
util::Status pass_on_controllers(const Hierarchy& hierarchy)
{
    for (const auto& group : {hierarchy.mount, hierarchy.mount / parent_name})
        for (const auto& controller : hierarchy.controllers)
            if (controller != "cpuacct")
                SF_CHECK(write_value(group / "cgroup.subtree_control", "+" + controller));
    return {};
}

/// rmdir of the group and of those below it. A group stays busy for a moment after its last process is gone.
void remove_group(const stdfs::path& group)
{
    constexpr int attempts = 200;
    std::error_code ignored;
    if (!stdfs::is_directory(group, ignored))
        return;
    for (const auto& below : util::readable_paths_in(group))
        if (stdfs::is_directory(below, ignored))
            remove_group(below);
    for (int attempt = 0; ::rmdir(group.c_str()) != 0 && errno == EBUSY && attempt < attempts; ++attempt)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

/// The open directory, locked; empty where it is not there or, with LOCK_NB, locked by another.
util::UniqueFd lock_directory(const stdfs::path& directory, int operation)
{
    util::UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    while (fd && ::flock(fd.get(), operation) != 0)
        if (errno != EINTR)
            return {};
    return fd;
}

/// Versions that lock no groups name them PID-JOB-NUMBER. Names of ours end in six letters and digits after a dot.
bool is_of_older_version_alive(const std::string& name)
{
    const auto parts = util::split(name, '-');
    pid_t pid = 0;
    if (parts.size() < 3 || !util::is_number(parts.front()) || !util::is_number(parts.back()) ||
        std::from_chars(parts.front().data(), parts.front().data() + parts.front().size(), pid).ec != std::errc())
        return false;
    return pid > 0 && (::kill(pid, 0) == 0 || errno != ESRCH);
}

/// Whether somebody holds a job's group of that name. The runtime makes groups of it in hierarchies where the holder
/// has none to lock.
bool is_locked(const std::vector<Hierarchy>& hierarchies, const std::string& name)
{
    for (const auto& hierarchy : hierarchies) {
        const auto group = hierarchy.mount / parent_name / name;
        std::error_code ignored;
        if (stdfs::is_directory(group, ignored) && !lock_directory(group, LOCK_EX | LOCK_NB))
            return true;
    }
    return false;
}

Hierarchy with_unified_controllers(Hierarchy hierarchy)
{
    const auto text = util::read_file(hierarchy.mount / "cgroup.controllers");
    if (!text)
        return hierarchy;
    const auto names = util::split(std::string(util::trim(*text)), ' ');
    for (const auto* name : wanted)
        if (std::find(names.begin(), names.end(), name) != names.end())
            hierarchy.controllers.insert(name);
    // CPU time is counted whether or not the controller is on.
    if (!hierarchy.controllers.empty())
        hierarchy.controllers.insert("cpuacct");
    return hierarchy;
}

/// An ordinary user may make groups only where an administrator has given him MOUNT/slurm-factory; in a container the
/// hierarchies may be read-only, and the root group of version 2 has processes of its own and may pass nothing on.
bool is_ours(const Hierarchy& hierarchy)
{
    const auto parent = hierarchy.mount / parent_name;
    if (!util::make_directories(parent) || ::access(parent.c_str(), W_OK) != 0)
        return false;
    return !hierarchy.unified || pass_on_controllers(hierarchy).has_value();
}

} // namespace

std::vector<Hierarchy> parse_cgroup_mounts(std::string_view mountinfo)
{
    std::vector<Hierarchy> result;
    for (const auto& line : util::split(mountinfo, '\n')) {
        const auto separator = line.find(" - ");
        if (separator == std::string::npos)
            continue;
        const auto left = util::split(line.substr(0, separator), ' ');
        const auto right = util::split(line.substr(separator + 3), ' ');
        if (left.size() < 5 || right.size() < 3 || (right[0] != "cgroup" && right[0] != "cgroup2"))
            continue;
        Hierarchy hierarchy{unescape(left[4]), right[0] == "cgroup2", {}};
        auto same = [&hierarchy](const Hierarchy& other) { return other.mount == hierarchy.mount; };
        if (std::any_of(result.begin(), result.end(), same))
            continue;
        if (!hierarchy.unified)
            for (const auto& option : util::split(right[2], ','))
                if (std::find(wanted.begin(), wanted.end(), option) != wanted.end())
                    hierarchy.controllers.insert(option);
        result.push_back(std::move(hierarchy));
    }
    return result;
}

std::vector<Hierarchy> find_hierarchies()
{
    auto hierarchies = mounted_hierarchies();
    for (auto& hierarchy : hierarchies) {
        if (hierarchy.unified)
            hierarchy = with_unified_controllers(std::move(hierarchy));
        if (!hierarchy.controllers.empty() && !is_ours(hierarchy))
            hierarchy.controllers.clear();
    }
    return hierarchies;
}

bool has_controller(const std::vector<Hierarchy>& hierarchies, const std::string& controller)
{
    return std::any_of(hierarchies.begin(), hierarchies.end(),
                       [&controller](const Hierarchy& one) { return one.controllers.contains(controller); });
}

ControlGroups summarize(const std::vector<Hierarchy>& hierarchies)
{
    ControlGroups groups;
    for (const auto& hierarchy : hierarchies)
        groups.versions.insert(hierarchy.unified ? 2 : 1);
    for (const auto* controller : {"memory", "cpu", "pids"})
        if (has_controller(hierarchies, controller))
            groups.limiting.insert(controller);
    return groups;
}

ControlGroups look_at_control_groups()
{
    return summarize(find_hierarchies());
}

util::Result<JobCgroup> JobCgroup::make(const std::vector<Hierarchy>& hierarchies, const std::string& name,
                                        const Job& job)
{
    std::vector<stdfs::path> mounts;
    mounts.reserve(hierarchies.size());
    for (const auto& hierarchy : hierarchies)
        mounts.push_back(hierarchy.mount);
    JobCgroup cgroup(fmt::format("/{}/{}", parent_name, name), std::move(mounts));
    for (const auto& hierarchy : hierarchies)
        if (!hierarchy.controllers.empty())
            if (auto made = cgroup.set_up(hierarchy, job); !made) {
                auto error = std::move(made).error();
                error.code = ErrorCode::sandbox;
                return util::fail(std::move(error), fmt::format("limiting job '{}'", job.name));
            }
    return cgroup;
}

util::Status JobCgroup::set_up(const Hierarchy& hierarchy, const Job& job)
{
    const auto group = hierarchy.mount / stdfs::path(path_).relative_path();
    SF_CHECK(util::make_directories(group.parent_path()));
    if (hierarchy.unified)
        SF_CHECK(pass_on_controllers(hierarchy));
    SF_CHECK(make_locked(group));
    SF_CHECK(set_limits(hierarchy, group, job));
    SF_TRY(auto join, util::open_file(group / "cgroup.procs", O_WRONLY));
    joins_.push_back(std::move(join));
    if (hierarchy.controllers.contains("memory")) {
        memory_ = group;
        if (!hierarchy.unified)
            SF_CHECK(watch_memory());
    }
    if (hierarchy.controllers.contains("cpuacct"))
        cpu_time_ = group;
    return {};
}

/// Nobody removes groups while the parent is locked, so none takes this one for left over before it has its own lock.
util::Status JobCgroup::make_locked(const stdfs::path& group)
{
    const auto turn = lock_directory(group.parent_path(), LOCK_SH);
    SF_CHECK(util::make_directories(group));
    auto lock = lock_directory(group, LOCK_EX | LOCK_NB);
    if (!turn || !lock)
        return util::fail(ErrorCode::sandbox, fmt::format("cannot lock the control group {}", group.string()));
    locks_.push_back(std::move(lock));
    return {};
}

JobCgroup::JobCgroup(JobCgroup&& other) noexcept :
    path_(std::exchange(other.path_, {})), mounts_(std::move(other.mounts_)), locks_(std::move(other.locks_)),
    joins_(std::move(other.joins_)), memory_event_(std::move(other.memory_event_)), memory_(std::move(other.memory_)),
    cpu_time_(std::move(other.cpu_time_))
{
}

/// Version 1 counts kills in the group of the victim, which may be one that the runtime made and removed; the
/// notification comes to the group whose limit was hit.
util::Status JobCgroup::watch_memory()
{
    memory_event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!memory_event_)
        return util::fail_errno(errno, "cannot watch for lack of memory");
    SF_TRY(const auto control, util::open_file(*memory_ / "memory.oom_control", O_RDONLY));
    return write_value(*memory_ / "cgroup.event_control", fmt::format("{} {}", memory_event_.get(), control.get()));
}

JobCgroup::~JobCgroup()
{
    if (path_.empty()) // moved from
        return;
    joins_.clear();
    for (const auto& mount : mounts_)
        remove_group(mount / stdfs::path(path_).relative_path());
}

std::vector<int> JobCgroup::join_fds() const
{
    std::vector<int> fds;
    for (const auto& join : joins_)
        fds.push_back(join.get());
    return fds;
}

void JobCgroup::account(Outcome& outcome) const
{
    read_usage({memory_, cpu_time_}, outcome);
    std::uint64_t events = 0;
    if (memory_event_)
        outcome.out_of_memory = ::read(memory_event_.get(), &events, sizeof events) == sizeof events;
}

void read_usage(const UsageGroups& groups, Outcome& outcome)
{
    constexpr double micro = 1e-6;
    constexpr double nano = 1e-9;
    if (groups.memory) {
        auto peak = read_value(*groups.memory / "memory.max_usage_in_bytes");
        if (!peak)
            peak = read_value(*groups.memory / "memory.peak");
        outcome.peak_memory_bytes = peak.value_or(0);
        auto kills = read_value(*groups.memory / "memory.oom_control", "oom_kill");
        if (!kills)
            kills = read_value(*groups.memory / "memory.events", "oom_kill");
        outcome.out_of_memory = kills.value_or(0) > 0;
    }
    if (!groups.cpu_time)
        return;
    if (const auto used = read_value(*groups.cpu_time / "cpuacct.usage"))
        outcome.cpu_seconds = static_cast<double>(*used) * nano;
    else if (const auto usec = read_value(*groups.cpu_time / "cpu.stat", "usage_usec"))
        outcome.cpu_seconds = static_cast<double>(*usec) * micro;
}

UsageGroups usage_groups(const std::vector<Hierarchy>& hierarchies, std::string_view proc_cgroup)
{
    UsageGroups groups;
    // Version 1 first: where a host has both, its controllers are with it.
    for (const bool unified : {false, true})
        for (const auto& line : util::split(proc_cgroup, '\n')) {
            const auto first = line.find(':');
            const auto second = first == std::string::npos ? first : line.find(':', first + 1);
            if (second == std::string::npos)
                continue;
            const auto names = util::split(line.substr(first + 1, second - first - 1), ',');
            const auto path = stdfs::path(line.substr(second + 1)).relative_path();
            for (const auto& hierarchy : hierarchies) {
                auto has = [&](const char* name) {
                    return unified ? line.starts_with("0::")
                                   : hierarchy.controllers.contains(name) &&
                                         std::find(names.begin(), names.end(), name) != names.end();
                };
                if (hierarchy.unified != unified)
                    continue;
                if (!groups.memory && has("memory"))
                    groups.memory = hierarchy.mount / path;
                if (!groups.cpu_time && has("cpuacct"))
                    groups.cpu_time = hierarchy.mount / path;
            }
        }
    return groups;
}

std::vector<Hierarchy> mounted_hierarchies()
{
    return parse_cgroup_mounts(util::read_file("/proc/self/mountinfo").value_or(""));
}

void remove_stale_cgroups(const std::vector<Hierarchy>& hierarchies)
{
    for (const auto& hierarchy : hierarchies) {
        const auto parent = hierarchy.mount / parent_name;
        // Who is making a group now holds a lock on its parent; then its leftovers wait for the next time.
        const auto turn = lock_directory(parent, LOCK_EX | LOCK_NB);
        if (!turn)
            continue;
        for (const auto& name : util::names_in(parent).value_or(std::vector<std::string>()))
            if (!is_locked(hierarchies, name) && !is_of_older_version_alive(name))
                remove_group(parent / name);
    }
}

} // namespace sf::sandbox
