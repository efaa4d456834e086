// What the tool and the first process of a sandbox tell each other. Both are of one build: nothing here has to be
// understood by another version. Private to this module.
//
// They are connected by a socket that keeps messages apart (SOCK_SEQPACKET). An init that the tool starts itself has it
// as descriptor 0. The init of an LXD container connects: the tool puts a file `socket`, on which it listens, into a
// directory that the container sees as in_lxd::control_directory.
//
// The init says that it is ready and takes one Hello, with the plan (init_plan.hpp) as a file in memory and the
// job's descriptors. It answers with one Report, and ends when the tool closes the connection: with it, the first
// process of its pid namespace, the kernel ends all others.
#pragma once

#include <array>
#include <cstdint>

namespace sf::sandbox {

/// Goes with the descriptors: the plan, the log (or /dev/null), `groups` files of control groups, the host's network
/// namespace if it is asked for, and the inherited ones.
struct Hello {
    std::uint32_t groups = 0;
    std::uint32_t network = 0; ///< 1: there is a network namespace to enter
};
inline constexpr std::uint32_t most_descriptors = 200; ///< the kernel passes 253 at once

enum class Said : std::int32_t {
    ready,       ///< to take a Hello
    ended,       ///< `value` is the command's exit code, 128 + signal when killed
    not_started, ///< the runtime ended with exit code `value`
    no_program,  ///< the command cannot be run: `text`
    no_overlay,  ///< an overlay cannot be mounted: `text`
    failed,      ///< something else could not be done: `text`
};

struct Report {
    Said said = Said::failed;
    std::int32_t value = 0;          ///< exit code, or else errno
    std::int32_t left_processes = 0; ///< 1: when the command had ended, others still ran
    std::array<char, 4096> text{};   ///< "cannot do what: why"; of no_program only why
};

/// Paths in a container of LXD.
namespace in_lxd {
inline constexpr const char* directory = "/.slurm-factory"; ///< of everything that the command must not see
inline constexpr const char* control_device = "control";    ///< of the instance: shows control_directory
inline constexpr const char* control_directory = "/.slurm-factory/control";
inline constexpr const char* init_path = "/.slurm-factory/control/init";
inline constexpr const char* socket_path = "/.slurm-factory/control/socket";
} // namespace in_lxd

} // namespace sf::sandbox
