#include "sandbox/host.hpp"

#include "sandbox/preparation.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"

namespace sf::sandbox {

namespace stdfs = std::filesystem;

namespace {

/// What the job sees in `root`, where the image is mounted. Of the standard mounts /proc and /dev are the host's own.
util::Result<std::vector<MountStep>> mount_steps(const Job& job, const std::vector<Mount>& mounts,
                                                 const stdfs::path& root)
{
    std::vector<MountStep> steps;
    for (const auto& mount : mounts) {
        if (mount.type == "devpts") // comes along with /dev
            continue;
        SF_TRY(const auto inside, resolve_inside(job.rootfs, mount.inside));
        const auto target = (root / inside.relative_path()).string();
        if (mount.inside == "/proc" || mount.inside == "/dev")
            steps.push_back({target, "rbind", mount.inside.string(), {}});
        else
            steps.push_back({target, mount.type, mount.source, mount.options, mount.is_file, mount.mode});
    }
    return steps;
}

} // namespace

HostBackend::HostBackend(const stdfs::path& scratch) : InitBackend("chroot", Isolation::files, scratch) {}

std::string HostBackend::name() const
{
    return fmt::format("host (no isolation{})", without_limits());
}

util::Status HostBackend::plan_start(const Job& job, const RunDirectory& directory, const JobCgroup& cgroup,
                                     InitTask& task) const
{
    auto& plan = task.plan;
    SF_TRY(plan.mounts, mount_steps(job, directory.mounts, directory.root()));
    plan.host_name = inside_name;
    plan.own_proc = OwnProc::where_possible;
    plan.read_only = directory.root().string();
    plan.command = command_of(job);
    plan.command.root = directory.root().string();
    task.join_fds = cgroup.join_fds();
    return {};
}

util::Result<std::unique_ptr<Backend>> make_host_backend(const stdfs::path& scratch)
{
    SF_CHECK(util::make_directories(scratch));
    return std::unique_ptr<Backend>(std::make_unique<HostBackend>(util::absolute_path(scratch)));
}

} // namespace sf::sandbox
