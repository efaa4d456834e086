#include "engine/package/outputs.hpp"

#include "util/files/foreign_file.hpp"
#include "util/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sf::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_of_log = std::uint64_t{4} << 20U;
constexpr std::uint64_t most_of_marks = std::uint64_t{64} << 10U;
/// Of some 100,000 compilations.
constexpr std::uint64_t most_of_ccache_log = std::uint64_t{16} << 20U;

/// Lines that end in the first `size` bytes of an open file.
util::Result<std::size_t> count_lines(int fd, std::uint64_t size, const fs::path& file)
{
    std::string buffer(std::size_t{1} << 18U, '\0');
    std::size_t lines = 0;
    std::uint64_t at = 0;
    while (at < size) {
        const auto wanted = std::min<std::uint64_t>(buffer.size(), size - at);
        const auto count = ::pread(fd, buffer.data(), wanted, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return util::fail_errno(errno, fmt::format("cannot read {}", file.string()));
        if (count == 0)
            break;
        lines += static_cast<std::size_t>(std::count(buffer.data(), buffer.data() + count, '\n'));
        at += static_cast<std::uint64_t>(count);
    }
    return lines;
}

} // namespace

util::Result<LogEnd> read_log_end(const fs::path& log)
{
    LogEnd end;
    SF_TRY(end.text, util::read_foreign_tail(log, most_of_log));
    if (end.text.size() < most_of_log)
        return end;
    const auto line = end.text.find('\n');
    end.text.erase(0, line == std::string::npos ? 0 : line + 1);
    SF_TRY(const auto fd, util::open_foreign_file(log));
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0)
        return util::fail_errno(errno, fmt::format("cannot look at {}", log.string()));
    SF_TRY(end.lines_before, count_lines(fd.get(), static_cast<std::uint64_t>(status.st_size) - end.text.size(), log));
    return end;
}

PhaseMarks read_marks(const fs::path& file)
{
    return parse_marks(util::read_foreign_file(file, most_of_marks).value_or(""));
}

CompilerCache read_ccache_log(const fs::path& file)
{
    return parse_ccache_log(util::read_foreign_file(file, most_of_ccache_log).value_or(""));
}

util::Status check_installed_size(const std::string& package, const std::vector<util::TreeEntry>& entries)
{
    std::uint64_t bytes = 0;
    const util::TreeEntry* largest = nullptr;
    for (const auto& entry : entries) {
        // Sizes of sparse files may be anything: their sum must not wrap around.
        bytes = std::min(bytes + std::min(entry.size, most_installed + 1), 2 * most_installed);
        if (largest == nullptr || entry.size > largest->size)
            largest = &entry;
    }
    if (bytes <= most_installed)
        return {};
    return util::fail(util::ErrorCode::build,
                      fmt::format("{} installs more than {}, the most that a package may have; its largest file is {} "
                                  "with {}",
                                  package, util::human_bytes(most_installed), largest->relative.string(),
                                  util::human_bytes(largest->size)),
                      "have the recipe's install step leave it out; a hole in a file counts like other bytes");
}

} // namespace sf::engine
