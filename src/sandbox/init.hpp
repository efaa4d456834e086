// The process that stands around one run on this machine: first of its pid namespace, owner of the mounts. Private to
// this module.
//
// It is the program of init/, started from the caller's thread in namespaces of its own. It asks to be killed when that
// thread goes, mounts what the job needs, starts the job or lets the OCI runtime do it, and waits. When it ends, by
// itself or by SIGKILL, the kernel kills every process of its namespace and drops every mount.
#pragma once

#include "sandbox/init_channel.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>

namespace sf::sandbox {

/// How the run ended.
struct InitResult {
    Report report;          ///< what the init said at last: ended, not_started or no_program
    double cpu_seconds = 0; ///< of all processes that were waited for
};

/// Runs the task to its end, or to the stop request. On return no process and no mount of it is left. `place` is the
/// run's directory, by which people find the process.
[[nodiscard]] util::Result<InitResult> run_init(const InitTask& task, const std::filesystem::path& place,
                                                const util::StopToken& stop);

} // namespace sf::sandbox
