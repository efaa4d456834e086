// config.json of the OCI runtime specification. Private to this module.
#pragma once

#include "sandbox/mounts.hpp"
#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::sandbox {

/// What config.json is made of besides the job's own values.
struct ConfigInput {
    std::filesystem::path root; ///< where the image is mounted on the host
    std::vector<Mount> mounts;
    bool seccomp = true;      ///< the runtime was built with it
    std::string cgroups_path; ///< for a runtime that insists on a cgroup of its own; empty: none is named
};

/// The whole config.json. There is no pid namespace in it: the sandbox's init has made one already. An argument,
/// variable or path that is no UTF-8 is an error, because JSON cannot say it.
[[nodiscard]] util::Result<std::string> oci_config(const Job& job, const ConfigInput& input);

} // namespace sf::sandbox
