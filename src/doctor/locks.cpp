#include "doctor/checks.hpp"
#include "util/files/fs.hpp"
#include "util/process/process_table.hpp"
#include "util/terminal_text.hpp"
#include "util/text.hpp"

#include <sys/stat.h>

#include <charconv>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>

namespace sf::doctor {
namespace {

namespace fs = std::filesystem;

template <typename Number> Number number_in(std::string_view text)
{
    Number number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Inode numbers of the files that processes of this machine have locks on, by process (/proc/locks, proc(5)):
/// "1: FLOCK  ADVISORY  WRITE 4711 fe:00:263318 0 EOF"; a line with "->" is of one that waits.
std::map<int, std::set<ino_t>> read_locks()
{
    std::map<int, std::set<ino_t>> locks;
    const auto text = util::read_file("/proc/locks").value_or("");
    for (const auto& line : util::split(text, '\n')) {
        std::vector<std::string> words;
        for (auto& word : util::split(line, ' '))
            if (!word.empty())
                words.push_back(std::move(word));
        constexpr std::size_t kind = 1;
        constexpr std::size_t owner = 4;
        constexpr std::size_t file = 5;
        if (words.size() <= file || words[kind] != "FLOCK")
            continue;
        const auto colon = words[file].rfind(':');
        if (colon != std::string::npos)
            locks[number_in<int>(words[owner])].insert(
                number_in<ino_t>(std::string_view(words[file]).substr(colon + 1)));
    }
    return locks;
}

/// The files below the root among those that the process has open and has locked.
std::vector<fs::path> locked_below(const fs::path& root, int pid, const std::set<ino_t>& inodes)
{
    std::vector<fs::path> files;
    for (const auto& file : util::open_files(pid)) {
        struct stat status = {};
        if (file.string().starts_with(root.string() + "/") && ::stat(file.c_str(), &status) == 0 &&
            inodes.contains(status.st_ino))
            files.push_back(file);
    }
    return files;
}

Finding describe_holder(const util::ProcessEntry& process, const std::vector<fs::path>& files)
{
    const auto age = util::uptime_seconds() - process.started;
    const auto what =
        fmt::format("process {} ({}), {} old, has {} and {} more", process.pid, util::command_line_of(process.pid),
                    util::clock_time(age), files.front().string(), files.size() - 1);
    const bool stopped = process.state == 'T' || process.state == 't';
    if (stopped)
        return {State::warning, "locks", what + ", and is stopped: others wait for it",
                fmt::format("kill -CONT {0} lets it go on, kill -KILL {0} ends it; the locks go with it", process.pid)};
    return {State::ok, "locks", what, {}};
}

} // namespace

Findings look_at_locks(const site::Site& site)
{
    // As all that wait for each other do; the lock goes again here.
    const auto probe = site.work() / "lock.doctor";
    if (const auto lock = util::FileLock::try_acquire(probe); !lock)
        return {{State::fault, "locks", lock.error().message,
                 "choose a --root on a file system that has locks (flock), as every disk of this machine has"}};
    Findings findings;
    const auto table = util::read_process_table();
    std::error_code error;
    auto root = fs::weakly_canonical(site.root, error);
    if (error)
        root = site.root;
    for (const auto& [pid, inodes] : read_locks()) {
        const auto process = table.find(pid);
        if (process == table.end() || pid == ::getpid())
            continue;
        const auto files = locked_below(root, pid, inodes);
        if (!files.empty())
            findings.push_back(describe_holder(process->second, files));
    }
    if (findings.empty())
        findings.push_back({State::ok, "locks", "none is held", {}});
    return findings;
}

} // namespace sf::doctor
