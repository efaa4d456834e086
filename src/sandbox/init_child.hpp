// What runs in the forked init. Private to this module.
#pragma once

#include "sandbox/init.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sf::sandbox {

/// Where the init failed. Goes through a socket between two copies of the same program.
enum class InitStep : std::int32_t {
    private_mounts,
    host_name,
    proc,
    hide,
    open_lower,
    open_upper,
    mount_overlay,
    fork,
    join_cgroup,
    descriptors,
    exec,
    enter,
    drop_rights,
    runtime, ///< it ended with the exit code in `error`
    pid_file,
    wait,
    left_processes, ///< no failure: the command has ended, others of the job have not
};

struct InitReport {
    InitStep step = InitStep::exec;
    std::int32_t error = 0;
    std::int32_t index = 0; ///< which overlay, lower directory or hidden mount
    std::int32_t layer = 0; ///< which lower directory of that overlay
};

/// A plan turned into what can be used between fork and exec, where nothing may allocate: pointers into the plan and
/// buffers of the right size.
struct PreparedInit {
    explicit PreparedInit(const InitPlan& from);

    const InitPlan* plan;
    std::vector<char*> argv;
    std::vector<char*> environment;
    std::vector<char*> entry_argv;
    std::vector<char*> entry_environment;
    std::vector<char> options; ///< room for the longest list of overlay options
    std::vector<int> spare;    ///< room for descriptors
};

/// Longest text of an int, without its end.
inline constexpr std::size_t digits_of_int = 11;

/// Tells the parent something.
void tell(int channel, InitReport what);

/// Tells the parent what could not be done, and ends the process.
[[noreturn]] void report(int channel, InitReport what);

/// The init itself. `channel` is its end of the socket to the parent: it says it is ready, waits for leave to go on,
/// and reports a failure there.
[[noreturn]] void init_main(PreparedInit& init, int channel);

} // namespace sf::sandbox
