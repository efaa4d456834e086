// The backend without isolation: the image's files, and otherwise the host as it is. Private to this module.
#pragma once

#include "sandbox/init_backend.hpp"

#include <filesystem>
#include <string>

namespace sf::sandbox {

/// Runs jobs with chroot(2) in a mount namespace: for hosts, such as containers themselves, where an OCI runtime may
/// not do what it does. Commands are the builder's and see the image as elsewhere; but they have the host's network,
/// devices, /proc and shared memory segments. Limits are set where there are control groups.
class HostBackend final : public InitBackend {
public:
    explicit HostBackend(const std::filesystem::path& scratch);

    [[nodiscard]] std::string name() const override;

private:
    [[nodiscard]] util::Status plan_start(const Job& job, const RunDirectory& directory, const JobCgroup& cgroup,
                                          InitTask& task) const override;
};

} // namespace sf::sandbox
