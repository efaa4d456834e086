// What backends share whose jobs this machine's kernel runs below an init of ours. Private to this module.
#pragma once

#include "sandbox/cgroup.hpp"
#include "sandbox/init.hpp"
#include "sandbox/mounts.hpp"
#include "sandbox/probe.hpp"
#include "sandbox/sandbox.hpp"
#include "util/files/life_sign.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::sandbox {

/// Everything that one run reads and writes of its own, gone with the run.
struct RunDirectory {
    util::ScratchDir directory;
    std::vector<OverlayMount> overlays;
    std::vector<Mount> mounts; ///< of plan_mounts(); their mount points are there
    [[nodiscard]] const std::filesystem::path& path() const { return directory.path(); }
    [[nodiscard]] std::filesystem::path root() const { return path() / "root"; } ///< where the image is mounted
    [[nodiscard]] std::filesystem::path log() const { return path() / "log"; }   ///< of whoever starts the job
};

class InitBackend : public Backend {
public:
    [[nodiscard]] util::Status probe(const std::filesystem::path& rootfs) override;
    [[nodiscard]] util::Result<Outcome> run(const Job& job, const util::StopToken& stop) override;

protected:
    /// `starter` is who starts jobs, for messages. Removes what dead tools left in `scratch` and of control groups.
    InitBackend(std::string starter, Isolation promised, std::filesystem::path scratch);

    [[nodiscard]] const std::vector<Hierarchy>& hierarchies() const { return hierarchies_; }
    /// ", no memory limits on this host" where that is so; for name().
    [[nodiscard]] std::string without_limits() const;

private:
    /// Adds to the task, which has what all have in common, how the job is started.
    [[nodiscard]] virtual util::Status plan_start(const Job& job, const RunDirectory& directory,
                                                  const JobCgroup& cgroup, InitTask& task) const = 0;
    [[nodiscard]] util::Result<RunDirectory> prepare(const Job& job) const;

    std::string starter_;
    Isolation promised_;
    std::filesystem::path scratch_;
    std::vector<Hierarchy> hierarchies_;
};

} // namespace sf::sandbox
