// The processes of this machine, as /proc shows them (proc(5)).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sf::util {

/// What processes have used.
struct Usage {
    double cpu_seconds = 0;          ///< user and system, children that have ended included
    std::uint64_t memory_bytes = 0;  ///< resident now; pages that are shared count for each
    std::uint64_t read_bytes = 0;    ///< from disks, where /proc/PID/io may be read
    std::uint64_t written_bytes = 0; ///< to disks, likewise

    Usage& operator+=(const Usage& other);
};

struct ProcessEntry {
    int pid = 0;
    int parent = 0;
    char state = '?';   ///< 'R' running, 'S' sleeping, 'T' stopped, 'Z' dead and not waited for
    std::string name;   ///< at most 15 characters
    double started = 0; ///< seconds since the machine was
    Usage usage;
};

/// From the text of /proc/PID/stat, whose times are in `ticks` a second and whose memory is in pages of `page` bytes;
/// pid is 0 when it is no such text.
[[nodiscard]] ProcessEntry parse_process_stat(std::string_view text, long ticks, long page);

/// Those that can be seen, by number. One that ends meanwhile is left out.
[[nodiscard]] std::map<int, ProcessEntry> read_process_table();

/// The process numbers `roots` and all their descendants.
[[nodiscard]] std::set<int> with_descendants(const std::map<int, ProcessEntry>& table, const std::set<int>& roots);

/// Where its open files are, as far as they can be seen.
[[nodiscard]] std::vector<std::filesystem::path> open_files(int pid);
/// Where one of them is; empty when that cannot be seen.
[[nodiscard]] std::filesystem::path open_file_of(int pid, int fd);
/// Its arguments with blanks between them.
[[nodiscard]] std::string command_line_of(int pid);
/// Since the machine was started.
[[nodiscard]] double uptime_seconds();

} // namespace sf::util
