#include "sandbox/limit_group.hpp"

#include "sandbox/cgroup.hpp"

#include <unistd.h>

#include <array>
#include <random>
#include <utility>

namespace sf::sandbox {

LimitGroup::LimitGroup(std::unique_ptr<JobCgroup> cgroup, std::vector<std::filesystem::path> join_files) :
    cgroup_(std::move(cgroup)), join_files_(std::move(join_files))
{
}
LimitGroup::LimitGroup(LimitGroup&& other) noexcept = default;
LimitGroup::~LimitGroup() = default;

util::Result<LimitGroup> LimitGroup::make(const std::string& name, const Limits& limits)
{
    Job job;
    job.name = name;
    job.memory_bytes = limits.memory_bytes;
    job.pids = limits.pids;
    // An ordinary user's namespace may have groups that it must not use (InitBackend).
    const auto hierarchies = ::geteuid() == 0 ? find_hierarchies() : std::vector<Hierarchy>();
    std::random_device random;
    SF_TRY(auto cgroup, JobCgroup::make(hierarchies, fmt::format("limited.{:08x}{:08x}", random(), random()), job));
    std::vector<std::filesystem::path> join_files;
    for (const auto& hierarchy : hierarchies)
        if (!hierarchy.controllers.empty())
            join_files.push_back(hierarchy.mount / std::filesystem::path(cgroup.path()).relative_path() /
                                 "cgroup.procs");
    return LimitGroup(std::make_unique<JobCgroup>(std::move(cgroup)), std::move(join_files));
}

bool LimitGroup::ran_out_of_memory() const
{
    Outcome outcome;
    cgroup_->account(outcome);
    return outcome.out_of_memory;
}

} // namespace sf::sandbox
