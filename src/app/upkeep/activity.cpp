#include "app/upkeep/activity.hpp"

#include "app/session/disk_usage.hpp"
#include "util/files/directory.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <thread>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using Table = std::map<int, util::ProcessEntry>;
using Traces = ActivityMonitor::Traces;

constexpr const char* tool_name = "slurm-factory";
constexpr std::string_view log_suffix = ".log";

/// The root, if the file is the mark of this process in its work directory (Presence): present/PID.RANDOM.
std::optional<fs::path> root_of_mark(const fs::path& file, int pid)
{
    const auto present = file.parent_path();
    if (present.filename() != "present" || present.parent_path().filename() != "work" ||
        !file.filename().string().starts_with(std::to_string(pid) + "."))
        return std::nullopt;
    return present.parent_path().parent_path();
}

/// "slurm-24.11.5" of "slurm-24.11.5-0123456789ab.log".
std::string package_of(const fs::path& log)
{
    const auto stem = log.stem().string();
    return stem.substr(0, stem.rfind('-'));
}

/// The last line that says something.
std::string last_line_of(const fs::path& log)
{
    constexpr std::uint64_t tail = 4096;
    auto text = util::read_foreign_tail(log, tail).value_or("");
    const auto end = text.find_last_not_of(" \n\r\t");
    if (end == std::string::npos)
        return {};
    text.resize(end + 1);
    const auto start = text.find_last_of('\n');
    return start == std::string::npos ? text : text.substr(start + 1);
}

/// The log below a root whose writers have this file as their output: itself, or the pipe that leads to it
/// (sandbox::BoundedLog), work/BUILD/NAME.log.
std::optional<fs::path> log_behind(const fs::path& file, const fs::path& root)
{
    if (file.parent_path() == root / "logs")
        return file;
    if (file.parent_path().parent_path() == root / "work")
        return root / "logs" / file.filename();
    return std::nullopt;
}

/// Processes whose output is a log or leads to one, by that file.
std::map<fs::path, std::set<int>> writers_of_logs(const Table& table)
{
    std::map<fs::path, std::set<int>> writers;
    for (const auto& [pid, process] : table)
        for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
            if (auto file = util::open_file_of(pid, fd); file.extension() == log_suffix)
                writers[std::move(file)].insert(pid);
    return writers;
}

/// What a tool at work has open. nullopt: the process is none, or cannot be looked at.
std::optional<Traces> find_traces(int pid, const std::map<fs::path, std::set<int>>& writers)
{
    const auto files = util::open_files(pid);
    Traces traces;
    for (const auto& file : files)
        if (auto root = root_of_mark(file, pid))
            traces.root = std::move(*root);
    if (traces.root.empty())
        return std::nullopt;
    for (const auto& file : files) {
        const auto writing = writers.find(file);
        const auto log = log_behind(file, traces.root);
        if (writing == writers.end() || !log)
            continue;
        auto sandbox = writing->second;
        sandbox.erase(pid);
        traces.logs[*log] = std::move(sandbox);
    }
    return traces;
}

/// "MemAvailable:   123 kB", in bytes.
std::uint64_t memory_line(const std::string& meminfo, const std::string& key)
{
    constexpr std::uint64_t kibi = 1024;
    const auto at = meminfo.find(key);
    return at == std::string::npos ? 0 : kibi * std::strtoull(meminfo.c_str() + at + key.size(), nullptr, 10);
}

Activity look_at_machine()
{
    Activity activity;
    const auto meminfo = util::read_file("/proc/meminfo").value_or("");
    activity.available_memory_bytes = memory_line(meminfo, "MemAvailable:");
    activity.memory_bytes = memory_line(meminfo, "MemTotal:");
    std::array<double, 1> load{};
    if (::getloadavg(load.data(), 1) == 1)
        activity.load = load[0];
    activity.cores = std::thread::hardware_concurrency();
    return activity;
}

bool belongs(const fs::path& log, const std::string& package)
{
    auto wanted = package;
    std::replace(wanted.begin(), wanted.end(), '@', '-');
    const auto name = package_of(log);
    return wanted.empty() || name == wanted || name.substr(0, name.rfind('-')) == wanted;
}

} // namespace

double ActivityMonitor::cores_since(const std::string& name, double cpu_seconds)
{
    now_[name] = cpu_seconds;
    const auto before = before_.find(name);
    return before == before_.end() || elapsed_ <= 0 ? 0 : std::max(0.0, cpu_seconds - before->second) / elapsed_;
}

RunningPackage ActivityMonitor::measure(const Table& table, const fs::path& log, const std::set<int>& sandbox)
{
    RunningPackage package{package_of(log), log, 0, static_cast<unsigned>(sandbox.size()), 0, {}, last_line_of(log)};
    for (const auto pid : sandbox) {
        const auto& process = table.at(pid);
        package.usage += process.usage;
        package.seconds = std::max(package.seconds, looked_ - process.started);
    }
    package.cores = cores_since(log.string(), package.usage.cpu_seconds);
    return package;
}

RunningBuild ActivityMonitor::measure(const Table& table, const util::ProcessEntry& tool, const Traces& traces)
{
    RunningBuild build{tool.pid, util::command_line_of(tool.pid), traces.root, looked_ - tool.started, {}, 0, {}};
    std::set<int> all{tool.pid};
    for (const auto& [log, writers] : traces.logs) {
        auto sandbox = util::with_descendants(table, writers);
        build.packages.push_back(measure(table, log, sandbox));
        all.merge(sandbox);
    }
    for (const auto pid : util::with_descendants(table, all))
        build.usage += table.at(pid).usage;
    build.cores = cores_since(std::to_string(tool.pid), build.usage.cpu_seconds);
    return build;
}

Activity ActivityMonitor::look()
{
    const auto uptime = util::uptime_seconds();
    elapsed_ = looked_ > 0 ? uptime - looked_ : 0;
    looked_ = uptime;
    const auto table = util::read_process_table();
    const auto writers = writers_of_logs(table);
    auto activity = look_at_machine();
    for (const auto& [pid, process] : table)
        if (process.name == tool_name)
            if (const auto traces = find_traces(pid, writers))
                activity.builds.push_back(measure(table, process, *traces));
    before_ = std::move(now_);
    now_.clear();
    return activity;
}

std::vector<fs::path> find_logs(const fs::path& directory, const std::string& package)
{
    std::vector<fs::path> logs;
    for (auto& file : util::readable_paths_in(directory))
        if (file.extension() == log_suffix && belongs(file, package))
            logs.push_back(std::move(file));
    std::stable_sort(logs.begin(), logs.end(),
                     [](const auto& one, const auto& other) { return modified(one) > modified(other); });
    return logs;
}

} // namespace sf::app
