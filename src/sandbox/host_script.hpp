// The shell script that prepares a job of the host backend. Private to this module.
#pragma once

#include "sandbox/mounts.hpp"
#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::sandbox {

/// Full paths of what the script runs on the host.
struct HostPrograms {
    std::filesystem::path chroot;
    std::filesystem::path env;
    std::filesystem::path mount;

    /// Error sandbox: one is not installed.
    [[nodiscard]] static util::Result<HostPrograms> find();
};

struct HostScriptInput {
    HostPrograms programs;
    std::filesystem::path root; ///< where the image is mounted
    std::vector<Mount> mounts;  ///< of plan_mounts()
    std::filesystem::path log;  ///< where errors of the script itself go
};

/// A POSIX script that mounts what the job sees and looks whether its command is there. Of the standard mounts /proc
/// and /dev are the host's own. It must run in a mount namespace that goes with the job.
[[nodiscard]] util::Result<std::string> host_script(const Job& job, const HostScriptInput& input);

} // namespace sf::sandbox
