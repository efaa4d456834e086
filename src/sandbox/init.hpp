// The process that stands around one run: first of its pid namespace, owner of the mounts. Private to this module.
//
// It is forked from the caller's thread and never becomes another program. It asks to be killed when that thread goes,
// mounts what the job needs in a mount namespace of its own, lets the OCI runtime start the job and waits. When it
// ends, by itself or by SIGKILL, the kernel kills every process of its namespace and drops every mount.
#pragma once

#include "sandbox/mounts.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::sandbox {

/// How the job is started where no runtime does it: chroot(2), no capabilities, and execve(2).
struct Entry {
    std::string root;
    std::string directory;                ///< inside
    unsigned user = 0;                    ///< and group
    bool other_user = true;               ///< false: there is no other than the caller
    std::vector<std::string> argv;        ///< argv[0] is a full path, inside
    std::vector<std::string> environment; ///< "NAME=VALUE"
};

/// Everything the init does, decided before it is forked.
struct InitPlan {
    std::string job;                    ///< for messages
    std::vector<OverlayMount> overlays; ///< mounted in this order
    std::vector<std::string> hide;      ///< mounts of the host to take away
    std::vector<std::string> argv;      ///< the runtime, told to start the job and end; argv[0] is a full path
    std::optional<Entry> entry;         ///< what is entered when `argv`, which prepares it then, has ended well
    std::string pid_file;               ///< where the runtime writes the job's process id
    std::vector<int> join_fds;          ///< cgroup.procs files that the runtime joins
    std::vector<int> inherited_fds;     ///< become 3, 4, ... of the runtime
    int log_fd = -1;                    ///< its stdout and stderr
    int nice = 0;                       ///< of the job and what stands around it
    bool idle_io = false;
    std::string host_name;       ///< what gethostname(2) says inside; empty: as outside
    bool needs_own_proc = true;  ///< false: /proc may stay that of the caller, where no other can be mounted
    bool user_namespace = false; ///< overlays may note what they must in attributes of users only
};

/// How the run ended.
struct InitResult {
    bool started = true;         ///< false: the runtime failed, and its log says why
    int exit_code = 0;           ///< of the command or else of the runtime; 128 + signal when killed
    double cpu_seconds = 0;      ///< of all processes that were waited for
    bool left_processes = false; ///< of the job, when its command had ended
};

/// Runs the plan to its end, or to the stop request. On return no process and no mount of it is left.
[[nodiscard]] util::Result<InitResult> run_init(const InitPlan& plan, const util::StopToken& stop);

} // namespace sf::sandbox
