#include "engine/package/memory.hpp"

#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace sf::engine {

std::optional<std::uint64_t> parse_available_memory(std::string_view meminfo)
{
    constexpr std::string_view field = "MemAvailable:";
    constexpr unsigned kibi = 10;
    for (const auto& line : util::split(meminfo, '\n')) {
        if (!line.starts_with(field))
            continue;
        const auto text = util::trim(std::string_view(line).substr(field.size()));
        std::uint64_t kib = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), kib).ec == std::errc())
            return kib << kibi;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> available_memory()
{
    const auto text = util::read_file("/proc/meminfo");
    return text ? parse_available_memory(*text) : std::nullopt;
}

unsigned jobs_that_fit(std::uint64_t available, std::uint64_t job_bytes)
{
    constexpr std::uint64_t most = std::numeric_limits<unsigned>::max();
    return job_bytes == 0 ? static_cast<unsigned>(most) : static_cast<unsigned>(std::min(available / job_bytes, most));
}

bool stage_fits_in_memory(std::optional<std::uint64_t> available)
{
    constexpr std::uint64_t wanted = 6ULL << 30U;
    return available.value_or(0) >= wanted;
}

void MemoryMinder::look()
{
    const auto available = available_memory();
    if (!available)
        return;
    const auto held = jobserver_.limit_free(jobs_that_fit(*available, job_bytes_));
    if (held > 0 && !short_)
        events_.on_event(event::Message{
            event::Message::Level::warning,
            fmt::format("memory is short: {} are available, and {} of {} jobs wait (limits.job-memory is {})",
                        util::human_bytes(*available), held, jobserver_.tokens(), util::human_bytes(job_bytes_))});
    short_ = held > 0;
    constexpr std::chrono::milliseconds interval{400};
    if (const auto now = std::chrono::steady_clock::now(); now >= next_report_) {
        next_report_ = now + interval;
        events_.on_event(event::Load{{}, jobserver_.running(), held, *available});
    }
}

} // namespace sf::engine
