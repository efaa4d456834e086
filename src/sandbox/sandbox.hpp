// Running one command isolated and limited.
#pragma once

#include "util/error.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sf::sandbox {

/// A directory or file of the host shown inside.
struct Bind {
    std::filesystem::path host;
    std::filesystem::path inside;
    bool writable = false;
};

/// An overlay mounted inside: the first lower directory is the topmost.
struct Overlay {
    std::filesystem::path inside;
    std::vector<std::filesystem::path> lower;
    std::filesystem::path upper; ///< on the host; must be empty or a former upper; owned by identity::builder()
    std::filesystem::path work;  ///< on the host, same file system as upper
};

/// Everything one run needs; the command runs as identity::builder(). The root is the image, read-only; /tmp and
/// /dev/shm are private.
struct Job {
    std::string name; ///< for cgroup and container names and messages
    std::filesystem::path rootfs;
    std::vector<Bind> binds;
    std::vector<Overlay> overlays;
    std::vector<std::filesystem::path> tmpfs; ///< private, writable by the builder, empty at start
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment; ///< the whole environment inside
    std::filesystem::path directory = "/";
    int log_fd = -1;                ///< stdout and stderr of the command
    std::vector<int> inherited_fds; ///< become fds 3, 4, ... inside
    std::uint64_t memory_bytes = 0; ///< 0: no limit
    unsigned cpus = 0;              ///< CPU quota in whole processors; 0: no limit
    unsigned pids = 0;              ///< 0: no limit
    bool network = false;           ///< the host's; false: none
    int nice = 0;                   ///< what its processes give way by (setpriority(2)): 0 to 19
    bool idle_io = false;           ///< they read and write when nobody else does (ioprio_set(2), class idle)
};

/// How a run ended. A command that fails is a result, not an error.
struct Outcome {
    int exit_code = 0; ///< 128 + signal when killed
    bool out_of_memory = false;
    double wall_seconds = 0;
    double cpu_seconds = 0; ///< user + system of all processes inside; 0 when the host cannot account for it
    std::uint64_t peak_memory_bytes = 0; ///< of all processes together; 0 when the host cannot say
    bool left_processes = false;         ///< some still ran when the command had ended; they were killed
};

class Backend {
public:
    virtual ~Backend() = default;
    [[nodiscard]] virtual std::string name() const = 0; ///< "oci (crun)"
    /// Runs something real in `rootfs` and checks that it is isolated as promised. The error (code sandbox) says what
    /// to install or change.
    [[nodiscard]] virtual util::Status probe(const std::filesystem::path& rootfs) = 0;
    /// Runs to the end. Whatever happens - return, stop request, death of this process by SIGKILL - no process of the
    /// job survives and no mount remains. Must be called from a thread that lives until it returns. Thread-safe.
    [[nodiscard]] virtual util::Result<Outcome> run(const Job& job, const util::StopToken& stop) = 0;
};

/// The OCI runtime backend. `runtime` is "crun" or "runc".
/// `scratch` is a private directory for bundles and runtime state.
[[nodiscard]] util::Result<std::unique_ptr<Backend>> make_oci_backend(const std::string& runtime,
                                                                      const std::filesystem::path& scratch);

/// The backend without isolation, which says so in its name: the job's files are as elsewhere, but its network, devices
/// and /proc are the host's. It wants mount namespaces and no OCI runtime. `scratch` as above.
[[nodiscard]] util::Result<std::unique_ptr<Backend>> make_host_backend(const std::filesystem::path& scratch);

/// The LXD or Incus backend: each run in a container of its own, a copy of one made once for the image. `socket` is the
/// daemon's; empty: LXD_SOCKET, LXD_DIR, INCUS_SOCKET, INCUS_DIR, then where the packages have it. Needs root. The
/// tool's project is made at the daemon, and leftovers of dead tools are removed. (sandbox/lxd/lxd.hpp cleans up and
/// publishes.)
[[nodiscard]] util::Result<std::unique_ptr<Backend>> make_lxd_backend(const std::filesystem::path& socket,
                                                                      const std::filesystem::path& scratch);

} // namespace sf::sandbox
