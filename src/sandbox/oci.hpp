// The backend that runs jobs with crun or runc. Private to this module.
#pragma once

#include "identity/identity.hpp"
#include "sandbox/init_backend.hpp"

#include <filesystem>
#include <string>

namespace sf::sandbox {

/// An OCI runtime that is installed.
struct Runtime {
    std::string name; ///< "crun" or "runc"
    std::filesystem::path program;
    bool seccomp = true;
    /// runc puts every container into a control group and cannot be told not to, but for one who may make none; crun
    /// can.
    [[nodiscard]] bool insists_on_cgroup() const { return name != "crun" && !identity::in_user_namespace(); }
};

class OciBackend final : public InitBackend {
public:
    OciBackend(Runtime runtime, const std::filesystem::path& scratch);

    [[nodiscard]] std::string name() const override;

private:
    [[nodiscard]] util::Status plan_start(const Job& job, const RunDirectory& directory, const JobCgroup& cgroup,
                                          InitTask& task) const override;

    Runtime runtime_;
};

} // namespace sf::sandbox
