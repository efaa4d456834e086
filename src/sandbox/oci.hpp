// The backend that runs jobs with crun or runc. Private to this module.
#pragma once

#include "identity/identity.hpp"
#include "sandbox/cgroup.hpp"
#include "sandbox/init.hpp"
#include "sandbox/sandbox.hpp"
#include "util/fs.hpp"

#include <filesystem>
#include <string>
#include <vector>

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

class OciBackend final : public Backend {
public:
    OciBackend(Runtime runtime, std::filesystem::path scratch);

    [[nodiscard]] std::string name() const override;
    [[nodiscard]] util::Status probe(const std::filesystem::path& rootfs) override;
    [[nodiscard]] util::Result<Outcome> run(const Job& job, const util::StopToken& stop) override;

private:
    struct RunDirectory;
    [[nodiscard]] util::Result<RunDirectory> prepare(const Job& job, const std::string& cgroup_path);
    [[nodiscard]] InitPlan plan(const Job& job, const RunDirectory& directory, const JobCgroup& cgroup) const;

    Runtime runtime_;
    std::filesystem::path scratch_;
    std::vector<Hierarchy> hierarchies_;
};

} // namespace sf::sandbox
