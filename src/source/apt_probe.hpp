// How the host's Debian archive answers.
#pragma once

#include "util/error.hpp"
#include "util/stop.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace sf::source {

struct AptProbeSettings {
    std::filesystem::path etc_apt = "/etc/apt";
    std::filesystem::path os_release = "/etc/os-release";
    std::filesystem::path scratch; ///< where what comes is put; it must exist
    std::chrono::seconds connect_timeout{5};
    std::chrono::seconds longest{3}; ///< of the transfer that is timed
};

struct AptProbe {
    std::string archive;         ///< its address, without a password
    double answer_seconds = 0;   ///< until the suite's Release file was here, which is some 150 KB
    std::uint64_t bytes = 0;     ///< of a list of packages; 0: it could not be had
    double transfer_seconds = 0; ///< in which they came
};

/// Fetches through apt, with the host's proxies and credentials. Error source: there is no archive, or it cannot be
/// reached; the message names it.
[[nodiscard]] util::Result<AptProbe> probe_apt(const AptProbeSettings& settings, const util::StopToken& stop);

} // namespace sf::source
