// The backend without isolation: the image's files, and otherwise the host as it is. Private to this module.
#pragma once

#include "sandbox/cgroup.hpp"
#include "sandbox/host_script.hpp"
#include "sandbox/init.hpp"
#include "sandbox/sandbox.hpp"
#include "util/fs.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::sandbox {

/// Runs jobs with chroot(1) in a mount namespace: for hosts, such as containers themselves, where an OCI runtime may
/// not do what it does. Commands are the builder's and see the image as elsewhere; but they have the host's network,
/// devices, /proc and shared memory segments. Limits are set where there are control groups.
class HostBackend final : public Backend {
public:
    HostBackend(HostPrograms programs, std::filesystem::path scratch);

    [[nodiscard]] std::string name() const override;
    [[nodiscard]] util::Status probe(const std::filesystem::path& rootfs) override;
    [[nodiscard]] util::Result<Outcome> run(const Job& job, const util::StopToken& stop) override;

private:
    struct RunDirectory;
    [[nodiscard]] util::Result<RunDirectory> prepare(const Job& job) const;

    HostPrograms programs_;
    std::filesystem::path scratch_;
    std::vector<Hierarchy> hierarchies_;
};

} // namespace sf::sandbox
