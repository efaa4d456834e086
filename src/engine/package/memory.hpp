// How much memory jobs may still take.
#pragma once

#include "engine/package/jobserver.hpp"
#include "event/event.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sf::engine {

/// MemAvailable of a text like /proc/meminfo's (proc(5)), in bytes; nullopt where there is none.
[[nodiscard]] std::optional<std::uint64_t> parse_available_memory(std::string_view meminfo);
/// Of this machine; nullopt where the kernel does not say.
[[nodiscard]] std::optional<std::uint64_t> available_memory();

/// How many more jobs of `job_bytes` fit into the memory that is available.
[[nodiscard]] unsigned jobs_that_fit(std::uint64_t available, std::uint64_t job_bytes);

/// Whether a package is to be unpacked and built in memory: that is worth it only while plenty is `available`, 6 GiB.
[[nodiscard]] bool stage_fits_in_memory(std::optional<std::uint64_t> available);

/// Holds jobs back while memory is short, and says so when that begins; reports the load. All it is given must live as
/// long.
class MemoryMinder {
public:
    MemoryMinder(Jobserver& jobserver, std::uint64_t job_bytes, event::Sink& events) :
        jobserver_(jobserver), job_bytes_(job_bytes), events_(events)
    {
    }
    /// To be called a few times a second; reports not more often than that.
    void look();

private:
    Jobserver& jobserver_;
    std::uint64_t job_bytes_;
    event::Sink& events_;
    bool short_ = false;
    std::chrono::steady_clock::time_point next_report_;
};

} // namespace sf::engine
