// What the tool and the first process of an LXD container tell each other. Both are of one build: nothing here has to
// be understood by another version. Private to this module.
//
// The tool puts two files into a directory that the container sees as control_directory: `socket`, on which it listens,
// and `plan`, a list of texts that each end in a zero byte. The init connects, takes one Hello with descriptors, reads
// the plan and does it. It answers with one Report, and ends when the tool closes the connection: with it, the first
// process of its pid namespace, the kernel ends all others.
#pragma once

#include <array>
#include <cstdint>

namespace sf::sandbox::lxd_protocol {

inline constexpr const char* directory = "/.slurm-factory"; ///< of everything that the command must not see
inline constexpr const char* control_device =
    "control"; ///< of the instance: what the container sees at control_directory
inline constexpr const char* control_directory = "/.slurm-factory/control";
inline constexpr const char* init_path = "/.slurm-factory/control/init";
inline constexpr const char* socket_path = "/.slurm-factory/control/socket";
inline constexpr const char* plan_path = "/.slurm-factory/control/plan";

/// Records of the plan: one of these words, then as many texts as it says.
namespace record {
inline constexpr const char* overlay = "overlay"; ///< target, upper, work, number of lower, lower...
/// inside, type, source, file or directory, octal mode of the mount point, number of options, options...
inline constexpr const char* mount = "mount";
inline constexpr const char* user = "user";         ///< user and group of the command
inline constexpr const char* start_in = "start-in"; ///< its directory
inline constexpr const char* nice = "nice";         ///< what it gives way by
inline constexpr const char* idle_io = "idle-io";   ///< 1: it reads and writes when nobody else does
inline constexpr const char* variable = "variable"; ///< NAME=VALUE
inline constexpr const char* argument = "argument"; ///< of the command, which is the first
} // namespace record

inline constexpr std::uint32_t most_descriptors = 200; ///< the kernel passes 253 at once

/// Goes with the descriptors: the log (or /dev/null), the host's network namespace if asked for, then the inherited.
struct Hello {
    std::uint32_t descriptors = 0;
    std::uint32_t network = 0; ///< 1: the second descriptor is a network namespace to enter
};

enum class Said : std::int32_t {
    ended,      ///< `value` is the command's exit code, 128 + signal when killed
    no_program, ///< the command cannot be run: `text`
    failed,     ///< what the init could not do: `text`
};

struct Report {
    Said said = Said::failed;
    std::int32_t value = 0;          ///< exit code, or else errno
    std::int32_t left_processes = 0; ///< 1: when the command had ended, others still ran
    std::array<char, 1024> text{};
};

} // namespace sf::sandbox::lxd_protocol
