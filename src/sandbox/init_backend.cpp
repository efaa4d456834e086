#include "sandbox/init_backend.hpp"

#include "identity/identity.hpp"
#include "sandbox/overlays.hpp"
#include "sandbox/preparation.hpp"
#include "sandbox/runtime_log.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"

#include <unistd.h>

#include <chrono>
#include <utility>

namespace sf::sandbox {

namespace stdfs = std::filesystem;

InitBackend::InitBackend(std::string starter, Isolation promised, stdfs::path scratch) :
    starter_(std::move(starter)), promised_(promised), scratch_(std::move(scratch))
{
    if (::geteuid() != 0)
        return;
    hierarchies_ = find_hierarchies();
    remove_stale_cgroups(hierarchies_);
    static_cast<void>(util::sweep_scratch(scratch_)); // a leftover stands in nobody's way
}

std::string InitBackend::without_limits() const
{
    return ::geteuid() != 0 || has_controller(hierarchies_, "memory") ? "" : ", no memory limits on this host";
}

util::Status InitBackend::probe(const stdfs::path& rootfs)
{
    SF_CHECK(check_root());
    return probe_isolation(*this, rootfs, scratch_, promised_);
}

util::Result<RunDirectory> InitBackend::prepare(const Job& job) const
{
    SF_TRY(auto directory, util::ScratchDir::make(scratch_, safe_name(job.name)));
    RunDirectory run{std::move(directory), {}, {}};
    const auto skeleton = run.path() / "skeleton";
    SF_CHECK(util::make_directories(run.root()));
    SF_TRY(auto planned, plan_overlays(job, run.path(), skeleton, run.root()));
    run.overlays = std::move(planned.overlays);
    SF_TRY(run.mounts, plan_mounts(job, planned.targets));
    SF_CHECK(make_skeleton(job.rootfs, skeleton, run.mounts));
    return run;
}

util::Result<Outcome> InitBackend::run(const Job& job, const util::StopToken& stop)
{
    SF_CHECK(check_root());
    SF_CHECK(stop.check());
    SF_CHECK(check_job(job));
    SF_TRY(const auto directory, prepare(job));
    SF_TRY(const auto cgroup, JobCgroup::make(hierarchies_, directory.path().filename().string(), job));
    InitTask task{job.name, {}, job.log_fd, {}, job.inherited_fds, false};
    task.plan.overlays = directory.overlays;
    task.plan.user_namespace = identity::in_user_namespace();
    task.plan.nice = static_cast<unsigned>(job.nice);
    task.plan.idle_io = job.idle_io;
    SF_CHECK(plan_start(job, directory, cgroup, task));
    const LogOwner log_owner(job.log_fd);

    const auto start = std::chrono::steady_clock::now();
    SF_TRY(const auto ended, run_init(task, directory.path(), stop));
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;

    const auto& report = ended.report;
    if (report.said == Said::no_program)
        return tl::unexpected(no_program(job, report.text.data()));
    if (report.said == Said::not_started) {
        constexpr std::uint64_t most_errors = 65536;
        auto errors = runtime_errors(util::read_foreign_tail(directory.log(), most_errors).value_or(""));
        if (errors.empty())
            errors.push_back(fmt::format("exit code {}", report.value));
        return tl::unexpected(start_failure(job, starter_, errors));
    }
    Outcome outcome;
    outcome.exit_code = report.value;
    outcome.wall_seconds = wall.count();
    outcome.cpu_seconds = ended.cpu_seconds;
    outcome.left_processes = report.left_processes != 0;
    cgroup.account(outcome);
    return outcome;
}

} // namespace sf::sandbox
