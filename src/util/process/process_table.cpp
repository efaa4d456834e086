#include "util/process/process_table.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <system_error>

namespace sf::util {
namespace {

namespace stdfs = std::filesystem;

/// Fields of /proc/PID/stat, counted from the state, which is the first behind the name.
enum Field : std::size_t {
    parent_field = 1,
    user_field = 11,
    system_field = 12,
    children_user_field = 13,
    children_system_field = 14,
    start_field = 19,
    resident_field = 21,
    fields_needed = 22
};

template <typename Number> Number number(std::string_view text)
{
    Number value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

stdfs::path directory_of(int pid)
{
    return stdfs::path("/proc") / std::to_string(pid);
}

/// "write_bytes: 12"
std::uint64_t line_value(const std::string& text, std::string_view key)
{
    const auto at = text.find(std::string("\n").append(key));
    return at == std::string::npos ? 0 : number<std::uint64_t>(std::string_view(text).substr(at + 1 + key.size()));
}

void read_io(ProcessEntry& process)
{
    const auto text = read_file(directory_of(process.pid) / "io");
    if (!text)
        return;
    process.usage.read_bytes = line_value(*text, "read_bytes: ");
    process.usage.written_bytes = line_value(*text, "write_bytes: ");
}

stdfs::path link_target(const stdfs::path& link)
{
    std::error_code error;
    return stdfs::read_symlink(link, error);
}

} // namespace

Usage& Usage::operator+=(const Usage& other)
{
    cpu_seconds += other.cpu_seconds;
    memory_bytes += other.memory_bytes;
    read_bytes += other.read_bytes;
    written_bytes += other.written_bytes;
    return *this;
}

ProcessEntry parse_process_stat(std::string_view text, long ticks, long page)
{
    // The name is in parentheses and may have any character, parentheses and blanks as well.
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open || close + 2 > text.size())
        return {};
    const auto fields = split(text.substr(close + 2), ' ');
    if (fields.size() < fields_needed)
        return {};
    const auto seconds = [&](std::size_t field) {
        return static_cast<double>(number<std::uint64_t>(fields[field])) / static_cast<double>(ticks);
    };
    ProcessEntry process;
    process.pid = number<int>(text);
    process.name = text.substr(open + 1, close - open - 1);
    process.parent = number<int>(fields[parent_field]);
    process.state = fields.front().empty() ? '?' : fields.front().front();
    process.started = seconds(start_field);
    process.usage.cpu_seconds =
        seconds(user_field) + seconds(system_field) + seconds(children_user_field) + seconds(children_system_field);
    process.usage.memory_bytes = number<std::uint64_t>(fields[resident_field]) * static_cast<std::uint64_t>(page);
    return process;
}

std::map<int, ProcessEntry> read_process_table()
{
    const auto ticks = ::sysconf(_SC_CLK_TCK);
    const auto page = ::sysconf(_SC_PAGESIZE);
    std::map<int, ProcessEntry> table;
    for (const auto& name : names_in("/proc").value_or(std::vector<std::string>())) {
        const auto pid = number<int>(name);
        if (pid <= 0)
            continue;
        const auto text = read_file(directory_of(pid) / "stat");
        if (!text)
            continue;
        auto process = parse_process_stat(*text, ticks, page);
        if (process.pid != pid)
            continue;
        read_io(process);
        table.emplace(pid, std::move(process));
    }
    return table;
}

std::set<int> with_descendants(const std::map<int, ProcessEntry>& table, const std::set<int>& roots)
{
    std::multimap<int, int> children;
    for (const auto& [pid, process] : table)
        children.emplace(process.parent, pid);
    std::set<int> found;
    std::vector<int> left(roots.begin(), roots.end());
    while (!left.empty()) {
        const auto pid = left.back();
        left.pop_back();
        if (!table.contains(pid) || !found.insert(pid).second)
            continue;
        const auto [first, last] = children.equal_range(pid);
        std::for_each(first, last, [&left](const auto& child) { left.push_back(child.second); });
    }
    return found;
}

std::vector<stdfs::path> open_files(int pid)
{
    std::vector<stdfs::path> files;
    for (const auto& link : readable_paths_in(directory_of(pid) / "fd"))
        if (auto target = link_target(link); target.is_absolute())
            files.push_back(std::move(target));
    return files;
}

stdfs::path open_file_of(int pid, int fd)
{
    return link_target(directory_of(pid) / "fd" / std::to_string(fd));
}

std::string command_line_of(int pid)
{
    auto text = read_file(directory_of(pid) / "cmdline").value_or("");
    while (!text.empty() && text.back() == '\0')
        text.pop_back();
    std::replace(text.begin(), text.end(), '\0', ' ');
    return text;
}

double uptime_seconds()
{
    return std::strtod(read_file("/proc/uptime").value_or("0").c_str(), nullptr);
}

} // namespace sf::util
